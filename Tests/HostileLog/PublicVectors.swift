public import Foundation

/// Public test data beside the project: at ../shared/vectors, or where `NEXO_VECTORS` says.
public enum PublicVectors {
    /// The folder, or nil where it is absent.
    public static let folder: URL? = {
        let named = ProcessInfo.processInfo.environment["NEXO_VECTORS"].map { URL(fileURLWithPath: $0) }
        let beside = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "shared/vectors")
        let folder = named ?? beside
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    public static var arePresent: Bool { folder != nil }

    /// The bytes of one file below the folder.
    public static func bytes(_ path: String) throws -> [UInt8] {
        guard let folder else { throw CocoaError(.fileNoSuchFile) }
        return Array(try Data(contentsOf: folder.appending(path: path)))
    }

    /// The files directly in a folder, sorted; none where the vectors are absent.
    public static func files(in path: String) -> [String] {
        guard let folder else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: path).path)) ?? []
        return names.sorted().map { "\(path)/\($0)" }
    }

    /// All files below a folder with a suffix, sorted.
    public static func files(below path: String, suffix: String) -> [String] {
        guard let folder else { return [] }
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder.appending(path: path).path)) ?? []
        return names.filter { $0.hasSuffix(suffix) }.sorted().map { "\(path)/\($0)" }
    }
}
