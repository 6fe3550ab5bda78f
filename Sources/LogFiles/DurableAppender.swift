import Glibc
import SystemPackage

/// Appends lines to a JSONL file so that each is on the disk before the call returns.
///
/// An unterminated tail, left by a crash in mid-write, is saved aside and trimmed when the file is opened: the next line
/// must never fuse with it.
public struct DurableAppender: ~Copyable {
    /// A tail that was found torn.
    public struct TornTail: Hashable, Sendable {
        public let byteOffset: UInt64
        public let savedAs: String
    }

    private let path: String
    private let file: FileDescriptor
    private var length: Int64
    public let tornTail: TornTail?

    /// Opens the file, or makes it; nobody else can append to it until this value is gone.
    public init(path: String) throws(LogFileError) {
        let opened = try Self.open(path)
        self.path = path
        file = opened.file
        length = opened.length
        tornTail = opened.tornTail
    }

    private static func open(
        _ path: String
    ) throws(LogFileError) -> (file: FileDescriptor, length: Int64, tornTail: TornTail?) {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(
                FilePath(path), .readWrite, options: [.create], permissions: [.ownerReadWrite, .groupRead])
        } catch {
            throw LogFileError(path: path, reason: "cannot be opened for writing (\(error)); check the folder")
        }
        do {
            guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
                throw LogFileError(path: path, reason: "is in use by another server; stop that one first")
            }
            let tornTail = try trim(file, path: path, end: file.seek(offset: 0, from: .end))
            let length = try file.seek(offset: 0, from: .end)
            try syncFolder(of: path)
            return (file, length, tornTail)
        } catch {
            try? file.close()
            throw error as? LogFileError ?? LogFileError(path: path, reason: "cannot be prepared (\(error))")
        }
    }

    deinit { try? file.close() }

    /// Appends one line. If the disk refuses, the file is as it was.
    public mutating func append(_ line: [UInt8]) throws(LogFileError) {
        do {
            try file.writeAll(toAbsoluteOffset: length, line + [0x0A])
            guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
            length += Int64(line.count) + 1
        } catch {
            // What is behind `length` was never acknowledged; a failed trim is mended when the file is next opened.
            _ = ftruncate(file.rawValue, off_t(length))
            throw LogFileError(path: path, reason: "cannot be written (\(error)); nothing was added")
        }
    }

    private static func trim(_ file: FileDescriptor, path: String, end: Int64) throws -> TornTail? {
        var start = end
        var tail: [UInt8] = []
        // Backwards in blocks to the last newline.
        while start > 0 {
            let size = min(start, 64 << 10)
            let block = try [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
                count = try file.read(
                    fromAbsoluteOffset: start - size, into: UnsafeMutableRawBufferPointer(buffer))
            }
            if let newline = block.lastIndex(of: 0x0A) {
                tail = Array(block[(newline + 1)...]) + tail
                start = start - size + Int64(newline) + 1
                break
            }
            tail = block + tail
            start -= size
        }
        guard !tail.isEmpty else { return nil }
        let savedAs = "\(path).torn-\(start)"
        let saved = try FileDescriptor.open(
            FilePath(savedAs), .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
        try saved.closeAfter {
            try saved.writeAll(tail)
            guard fsync(saved.rawValue) == 0 else { throw Errno(rawValue: errno) }
        }
        // The copy must be on the disk, its name included, before the original goes.
        try syncFolder(of: path)
        guard ftruncate(file.rawValue, off_t(start)) == 0, fsync(file.rawValue) == 0 else {
            throw Errno(rawValue: errno)
        }
        return TornTail(byteOffset: UInt64(start), savedAs: savedAs)
    }

    private static func syncFolder(of path: String) throws {
        let parent = FilePath(path).removingLastComponent()
        let folder = try FileDescriptor.open(parent.isEmpty ? "." : parent, .readOnly)
        try folder.closeAfter {
            guard fsync(folder.rawValue) == 0 else { throw Errno(rawValue: errno) }
        }
    }
}
