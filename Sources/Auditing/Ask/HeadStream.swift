import LogFiles
import TransparencyLog

/// The heads of a file in their order. A line that holds none is passed over and counted; the first few are kept.
struct HeadStream: ~Copyable {
    struct Entry {
        let head: SignedTreeHead
        let line: Int
        let bytes: Int
    }

    private static let malformedKept = 8

    private let path: String
    private var reader: JSONLinesReader
    private(set) var malformed: [Finding] = []
    private(set) var malformedCount = 0

    init(path: String) throws(LogFileError) {
        self.path = path
        reader = try JSONLinesReader(path: path)
    }

    mutating func next() throws(LogFileError) -> Entry? {
        while let line = try reader.next() {
            do {
                let head = try SignedTreeHead(line: line)
                return Entry(head: head, line: line.number, bytes: line.bytes.count)
            } catch {
                skip(line, "\(error)")
            }
        }
        return nil
    }

    private mutating func skip(_ line: JSONLine, _ reason: String) {
        malformedCount += 1
        guard malformed.count < Self.malformedKept else { return }
        let end = line.byteOffset + UInt64(line.bytes.count)
        // Whoever asks here compares or proves; whether the log broke a promise by this line is `verify`'s to say.
        var finding = Finding(
            .headMalformed, severity: .unchecked, expected: "a signed tree head",
            found: line.isTerminated ? reason : "truncated at byte \(end): \(reason)")
        finding.line = line.number
        finding.byteOffset = line.byteOffset
        malformed.append(finding)
    }
}
