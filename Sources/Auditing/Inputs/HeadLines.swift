import LogFiles
import TransparencyLog

/// Heads in the order of their chain, as lines: from a JSONL file, from a captured answer of /sth/chain, which is one
/// JSON array with the newest first, or from a watcher's store.
final class HeadLines {
    private var reader: JSONLinesReader?
    private var store: StoreReader?
    /// Lines that were read already, the next one last.
    private var ahead: [JSONLine] = []
    /// Whether the input was a captured answer.
    let isCapturedAnswer: Bool

    /// A captured answer is read whole, and is at most so large.
    private static let largestAnswer = 256 << 20
    /// … and has at most so many heads: a server pays two bytes for an element, and each takes some 100 here.
    private static let mostHeads = 1 << 20

    /// - Parameter logID: of the trust file, for a store; it holds several logs.
    init(_ input: Audit.HeadInput, logID: String) throws(LogFileError) {
        switch input {
        case .store(let path, let log):
            store = try StoreReader(path: path, log: log, logID: logID)
            isCapturedAnswer = false
        case .file(let path):
            // Lines are short; an answer may be one long line, so it is opened again with room for it.
            let isStandardInput = path == "-"
            var reader = try JSONLinesReader(
                path: path, maximumLineBytes: isStandardInput ? Self.largestAnswer : 1 << 20)
            let first = try reader.next()
            let isArray = first?.bytes.first { $0 != 0x20 && $0 != 0x09 } == UInt8(ascii: "[")
            if let first, isArray {
                let lines: [JSONLine]?
                if isStandardInput {
                    lines = try Self.elements(first, &reader, path)
                } else {
                    var whole = try JSONLinesReader(path: path, maximumLineBytes: Self.largestAnswer)
                    lines = try whole.next().flatMap { first throws(LogFileError) in
                        try Self.elements(first, &whole, path)
                    }
                }
                if let lines {
                    ahead = lines
                    isCapturedAnswer = true
                    return
                }
            }
            isCapturedAnswer = false
            if isArray {
                // It begins like an answer and is none: lines, of which the first is malformed.
                guard path != "-" else {
                    throw LogFileError(
                        path: path, reason: "begins like an answer of /sth/chain and is none; give a file")
                }
                self.reader = try JSONLinesReader(path: path)
            } else {
                ahead = [first].compactMap { $0 }
                self.reader = consume reader
            }
        }
    }

    func next() throws(LogFileError) -> HeadEntry? {
        if let line = ahead.popLast() { return .line(line) }
        if let store { return try store.nextHead() }
        return try (reader?.next() ?? nil).map { .line($0) }
    }

    /// Passes so many lines unread, or all that there are. Not for a captured answer or a store.
    func skip(_ count: Int) throws(LogFileError) {
        guard count > 0, !ahead.isEmpty else { return }
        ahead = []
        _ = try reader?.skip(count - 1)
    }

    /// Lines and bytes of a file that were delivered or passed, where the next line is not at hand.
    var end: (lines: Int, bytes: UInt64) { (reader?.number ?? 0, reader?.offset ?? 0) }

    /// - Returns: nil if the text is no array.
    private static func elements(
        _ first: JSONLine, _ reader: inout JSONLinesReader, _ path: String
    ) throws(LogFileError) -> [JSONLine]? {
        var bytes = first.bytes
        while let line = try reader.next() {
            bytes.append(0x0A)
            bytes += line.bytes
            guard bytes.count <= largestAnswer else {
                throw LogFileError(
                    path: path, reason: "is an answer of more than \(largestAnswer) bytes; give its heads as lines")
            }
        }
        let ranges: [Range<Int>]?
        do { ranges = try JSONElements.ranges(of: bytes, maximum: mostHeads) } catch {
            // Half an answer breaks no promise of the log's.
            guard error.offset < bytes.count else {
                throw LogFileError(
                    path: path, reason: "begins like an answer of /sth/chain and ends within it; fetch it anew")
            }
            return nil
        }
        guard let elements = ranges else {
            throw LogFileError(
                path: path, reason: "has more than \(mostHeads) heads in one answer; give them as lines, one head each")
        }
        // Numbered as they stand in the answer, the newest first.
        return elements.enumerated().map { index, range in
            JSONLine(
                number: index + 1, byteOffset: UInt64(range.lowerBound), bytes: Array(bytes[range]), isTerminated: true,
                isOverlong: false)
        }
    }
}
