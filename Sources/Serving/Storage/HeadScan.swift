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
        while let line = try reader.next() {
            guard !line.isOverlong else {
                throw LogFileError(path: path, reason: "line \(line.number): is too long for a head; restore it")
            }
            ends.append(line.endOffset)
            mark.add(line.bytes)
            if mark.heads == earlier?.heads, mark.digest == earlier?.digest { audited = mark.heads }
        }
    }
}
