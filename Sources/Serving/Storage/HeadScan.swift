import LogFiles
import TransparencyLog

/// The first walk through sth.jsonl: where lines end, and how far an earlier audit goes.
struct HeadScan {
    private(set) var ends: [UInt64] = []
    /// Over all lines.
    var mark = AuditedMark()
    /// Heads that were audited before, in this very form.
    private(set) var audited = 0

    init(path: String, earlier: AuditedMark?) throws(LogFileError) {
        var reader = try JSONLinesReader(path: path)
        while true {
            // Where the line stands, if it lies whole in the block that was read.
            var length: UInt64 = 0
            if let passed = reader.pass({ line in
                mark.add(line)
                length = UInt64(line.count) + 1
                return true
            }) {
                ends.append(passed.byteOffset + length)
                note(earlier)
                continue
            }
            guard let line = try reader.next() else { break }
            guard !line.isOverlong else {
                throw LogFileError(path: path, reason: "line \(line.number): is too long for a head; restore it")
            }
            ends.append(line.endOffset)
            line.bytes.withUnsafeBufferPointer { mark.add($0) }
            note(earlier)
        }
    }

    private mutating func note(_ earlier: AuditedMark?) {
        if mark.heads == earlier?.heads, mark.digest == earlier?.digest { audited = mark.heads }
    }
}
