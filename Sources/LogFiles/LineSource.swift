import Foundation
import Glibc
import Launching
import SystemPackage

/// Where the bytes of a file of lines come from: the file, standard input for `-`, or the system's gzip or zstd for names
/// that end in .gz and .zst.
final class LineSource {
    private let path: String
    private let file: FileDescriptor
    private let decompressor: Decompressor?
    private let isOwned: Bool
    private var offset: UInt64 = 0

    init(path: String) throws(LogFileError) {
        self.path = path
        if path == "-" {
            (file, decompressor, isOwned) = (.standardInput, nil, false)
            return
        }
        let opened: FileDescriptor
        do { opened = try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec]) } catch {
            throw LogFileError(path: path, reason: "cannot be opened (\(error)); check the path and its permissions")
        }
        isOwned = true
        guard let tool = Self.tool(for: path) else {
            (file, decompressor) = (opened, nil)
            return
        }
        do {
            defer { try? opened.close() }
            let pipe = try FileDescriptor.pipe()
            defer { try? pipe.writeEnd.close() }
            do { decompressor = try Decompressor(tool, from: opened, to: pipe.writeEnd) } catch {
                try? pipe.readEnd.close()
                throw error
            }
            file = pipe.readEnd
        } catch {
            throw LogFileError(path: path, reason: "cannot be decompressed: \(tool) does not start (\(error))")
        }
    }

    deinit {
        if isOwned { try? file.close() }
        // A reader that stops early leaves it writing into a closed pipe, which ends it.
        _ = decompressor?.end()
    }

    private static func tool(for path: String) -> String? {
        if path.hasSuffix(".gz") { return "gzip" }
        return path.hasSuffix(".zst") ? "zstd" : nil
    }

    /// The next block; empty at the end.
    func read(_ count: Int) throws(LogFileError) -> [UInt8] {
        let block: [UInt8]
        do {
            block = try [UInt8](unsafeUninitializedCapacity: count) { buffer, read in
                read = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
        } catch {
            throw LogFileError(path: path, reason: "cannot be read at byte \(offset) (\(error)); check the disk")
        }
        if block.isEmpty, let end = decompressor?.end(), end != .exited(0) {
            throw LogFileError(
                path: path, reason: "cannot be decompressed whole: the file is damaged or cut (\(end))")
        }
        offset += UInt64(block.count)
        return block
    }
}

/// The system's tool at work, in a process of its own.
private final class Decompressor {
    private let pid: pid_t
    private var ended: ProgramEnd?

    init(_ tool: String, from file: FileDescriptor, to pipe: FileDescriptor) throws {
        var launch = Launch([tool, "-dcq"], environment: ProcessInfo.processInfo.environment)
        launch.input = .descriptor(file.rawValue)
        launch.output = .descriptor(pipe.rawValue)
        pid = try launch.start()
    }

    /// Waits for it, once.
    func end() -> ProgramEnd {
        let end = ended ?? .wait(for: pid)
        ended = end
        return end
    }
}
