public import Foundation
public import LogFiles
import TransparencyLog

/// What an operator may cut from a data folder.
public enum FolderRepair {
    /// Cuts one of the files before a line, and keeps what was cut.
    ///
    /// - Throws: without a change, for registrations that a published head covers.
    public static func run(_ folder: URL, usersFrom: Int?, headsFrom: Int?) throws(LogFileError) -> LineCut {
        let heads = folder.appending(path: "sth.jsonl").path
        if let headsFrom {
            let cut = try LineCut.run(path: heads, line: headsFrom)
            try forgetMark(folder.appending(path: LogFolder.markName).path)
            return cut
        }
        let line = usersFrom ?? .max
        let users = folder.appending(path: "users.jsonl").path
        // Held until the end: else a server that is ending could publish a head over what is being cut.
        let lock = FileManager.default.fileExists(atPath: heads) ? try DurableAppender(path: heads) : nil
        defer { withExtendedLifetime(lock) {} }
        let covered = try coveredSize(heads)
        guard UInt64(line) > covered else {
            throw LogFileError(
                path: users,
                reason: "line \(line) is covered by a published head of size \(covered); restore it from a copy")
        }
        return try LineCut.run(path: users, line: line)
    }

    /// The operator has decided that what was audited last is not the log's any more.
    private static func forgetMark(_ path: String) throws(LogFileError) {
        guard FileManager.default.fileExists(atPath: path) else { return }
        do { try FileManager.default.removeItem(atPath: path) } catch {
            throw LogFileError(path: path, reason: "cannot be removed (\(error)); remove it before a start")
        }
    }

    /// The size of the largest head that can be read.
    private static func coveredSize(_ path: String) throws(LogFileError) -> UInt64 {
        guard FileManager.default.fileExists(atPath: path) else { return 0 }
        var reader = try JSONLinesReader(path: path)
        var size: UInt64 = 0
        while let line = try reader.next() {
            if let head = try? SignedTreeHead(JSONReader.parse(line.bytes)) { size = max(size, head.treeSize) }
        }
        return size
    }
}
