import Glibc
import SystemPackage

/// Cuts a file of lines before one of them, for an operator who decided so: what is cut stays, in a file of its own.
public struct LineCut: Hashable, Sendable {
    /// Where the file ends now.
    public let byteOffset: UInt64
    /// Lines that were cut.
    public let lines: Int
    /// The file that holds them: `<name>.cut-<offset>`, with a count behind it if that name was taken.
    public let savedAs: String

    /// - Parameter line: the first line that is cut, from 1.
    /// - Throws: if another server has the file, or there is no such line.
    public static func run(path: String, line: Int) throws(LogFileError) -> LineCut {
        // Held until the end: nobody else may append meanwhile.
        let lock = try DurableAppender(path: path)
        defer { withExtendedLifetime(lock) {} }
        var reader = try JSONLinesReader(path: path)
        var start: UInt64?
        var lines = 0
        while let next = try reader.next() {
            if next.number == line { start = next.byteOffset }
            if start != nil { lines += 1 }
        }
        // Of a line that is too long, the last one knows its beginning alone.
        let end = reader.offset
        guard let start else { throw LogFileError(path: path, reason: "has no line \(line); nothing was changed") }
        do {
            let file = try FileDescriptor.open(FilePath(path), .readWrite, options: [.closeOnExec])
            let savedAs = try file.closeAfter {
                try TailRepair.setAside(
                    file, path: path, from: Int64(start), to: Int64(end), as: "\(path).cut-\(start)")
            }
            return LineCut(byteOffset: start, lines: lines, savedAs: savedAs)
        } catch {
            throw LogFileError(path: path, reason: "cannot be cut at byte \(start) (\(error)); check the disk")
        }
    }
}
