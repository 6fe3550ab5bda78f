import Foundation
import LogFiles
import Synchronization
import SystemPackage
import TransparencyLog

/// Hashes of leaves that no signed root vouches for yet, out of memory: a file without a name, which ends with the process.
///
/// So nothing that was not vouched for is found by anybody later, and a crash leaves nothing behind.
final class ScratchFile: Sendable {
    /// What it is called, with the process's number behind it, for the moment that it has a name.
    static let name = "leaves"

    private let folder: String
    private let file: FileDescriptor
    /// Hashes in it.
    private let count = Mutex<UInt64>(0)

    /// The folder of a database: there is room for what will be stored, and it is no memory, as /tmp may be.
    static func folder(beside store: String) -> String { URL(fileURLWithPath: store).deletingLastPathComponent().path }

    init(folder: String) throws(FetchError) {
        self.folder = folder
        let path = FilePath(AtomicFile.temporary(of: "\(folder)/\(Self.name)"))
        do {
            file = try FileDescriptor.open(
                path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec], permissions: .ownerReadWrite)
        } catch { throw Self.problem(folder, error) }
        unlink(path.string)
    }

    deinit { try? file.close() }

    /// Adds hashes at its end.
    ///
    /// - Returns: where they are.
    func append(_ hashes: [Digest]) throws(FetchError) -> Range<UInt64> {
        do {
            return try count.withLock { count in
                try hashes.withUnsafeBytes { bytes in
                    _ = try file.writeAll(toAbsoluteOffset: Int64(count) * Int64(Digest.byteCount), bytes)
                }
                defer { count += UInt64(hashes.count) }
                return count..<count + UInt64(hashes.count)
            }
        } catch { throw Self.problem(folder, error) }
    }

    func read(_ range: Range<UInt64>) throws(FetchError) -> [Digest] {
        var bytes = [UInt8](repeating: 0, count: range.count * Digest.byteCount)
        let start = Int64(range.lowerBound) * Int64(Digest.byteCount)
        do {
            try bytes.withUnsafeMutableBytes { bytes in
                var filled = 0
                while filled < bytes.count {
                    let part = UnsafeMutableRawBufferPointer(rebasing: bytes[filled...])
                    let count = try file.read(fromAbsoluteOffset: start + Int64(filled), into: part)
                    guard count > 0 else { throw Errno.ioError }
                    filled += count
                }
            }
        } catch { throw Self.problem(folder, error) }
        return Digest.list(bytes)
    }

    private static func problem(_ folder: String, _ error: any Error) -> FetchError {
        FetchError(
            .other,
            "hashes of leaves cannot be laid aside in \(folder) (\(error)); check the disk, and who may write there")
    }
}
