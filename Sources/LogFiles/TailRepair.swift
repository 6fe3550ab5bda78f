import Glibc
import SystemPackage

/// Saves an unterminated tail aside and trims it, in blocks: after a power cut it may be gigabytes of NUL bytes.
enum TailRepair {
    private static let blockSize: Int64 = 64 << 10

    /// Does nothing, and gives nil, if the file is empty or ends with a newline.
    static func run(_ file: FileDescriptor, path: String) throws -> DurableAppender.TornTail? {
        let end = try file.seek(offset: 0, from: .end)
        let start = try endOfLastLine(file, end: end)
        guard start < end else { return nil }
        let savedAs = try setAside(file, path: path, from: start, to: end, as: "\(path).torn-\(start)")
        return DurableAppender.TornTail(byteOffset: UInt64(start), savedAs: savedAs)
    }

    /// Moves the end of a file into a file of its own, and gives that one's name.
    static func setAside(
        _ file: FileDescriptor, path: String, from start: Int64, to end: Int64, as name: String
    ) throws -> String {
        let savedAs = try save(file, from: start, to: end, as: name)
        // The copy must be on the disk, its name included, before the original goes.
        try Sync.folder(of: path)
        try Sync.truncate(file, to: start)
        return savedAs
    }

    /// The offset behind the last newline, 0 if there is none.
    private static func endOfLastLine(_ file: FileDescriptor, end: Int64) throws -> Int64 {
        // Invariant: no newline at or after `position`.
        var position = end
        while position > 0 {
            let size = min(position, blockSize)
            let block = try read(file, from: position - size, count: Int(size))
            position -= size
            if let newline = block.lastIndex(of: 0x0A) { return position + Int64(newline) + 1 }
        }
        return 0
    }

    /// Copies a range into a new file. One that is there already is an earlier crash's evidence, and stays.
    private static func save(_ file: FileDescriptor, from start: Int64, to end: Int64, as name: String) throws -> String
    {
        var savedAs = name
        var copies = 1
        while true {
            let copy: FileDescriptor
            do {
                copy = try FileDescriptor.open(
                    FilePath(savedAs), .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                    permissions: [.ownerReadWrite, .groupRead])
            } catch Errno.fileExists {
                copies += 1
                savedAs = "\(name)-\(copies)"
                continue
            }
            try copy.closeAfter {
                var position = start
                while position < end {
                    let block = try read(file, from: position, count: Int(min(end - position, blockSize)))
                    try copy.writeAll(block)
                    position += Int64(block.count)
                }
                try Sync.file(copy)
            }
            return savedAs
        }
    }

    /// Reads exactly `count` bytes; a kernel may give fewer at a time.
    private static func read(_ file: FileDescriptor, from offset: Int64, count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let room = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let got = try file.read(fromAbsoluteOffset: offset + Int64(filled), into: room)
                // The file is locked by us: if it shrinks, somebody who does not honour locks is writing to it.
                guard got > 0 else { throw Errno.ioError }
                filled += got
            }
        }
    }
}
