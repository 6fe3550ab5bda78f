import LogFiles
import TransparencyLog

/// The lines of one segment, and those before it that its first heads are judged against.
final class SegmentLines {
    private let lines: HeadLines
    private let range: SegmentRange
    /// The next line, which is in the segment or behind it.
    private var waiting: JSONLine?
    private var isClosed = false
    /// The lines before the segment, as many as were asked for.
    private(set) var context: [HeadEntry] = []

    init(_ path: String, range: SegmentRange, context: Int) throws(LogFileError) {
        self.range = range
        lines = try HeadLines(.file(path), logID: "")
        guard !lines.isCapturedAnswer else {
            throw LogFileError(path: path, reason: "is a captured answer, which has no lines; audit it in one run")
        }
        if case .lines(let numbers) = range {
            let before = Int(max(numbers.lowerBound, 1)) - 1
            try lines.skip(before - min(context, before))
        }
        // A ring, so that a long way to the first head of a size costs no more memory than the context.
        var ring: [JSONLine] = []
        var oldest = 0
        waiting = try read()
        while let line = waiting, !begins(line) {
            if ring.count < context {
                ring.append(line)
            } else if context > 0 {
                ring[oldest] = line
                oldest = (oldest + 1) % context
            }
            waiting = try read()
        }
        self.context = (ring[oldest...] + ring[..<oldest]).map { .line($0) }
    }

    /// Lines, and bytes, before the next line.
    var position: (lines: UInt64, bytes: UInt64) {
        waiting.map { (UInt64($0.number) - 1, $0.byteOffset) } ?? (UInt64(lines.end.lines), lines.end.bytes)
    }

    /// Whether nothing follows in the file.
    var isAtEnd: Bool { waiting == nil }

    func next() throws(LogFileError) -> HeadEntry? {
        guard !isClosed, let line = waiting else { return nil }
        guard !ends(line) else {
            isClosed = true
            return nil
        }
        waiting = try read()
        return .line(line)
    }

    private func read() throws(LogFileError) -> JSONLine? {
        guard case .line(let line) = try lines.next() else { return nil }
        return line
    }

    private func begins(_ line: JSONLine) -> Bool {
        switch range {
        case .lines(let numbers): UInt64(line.number) >= numbers.lowerBound
        case .sizes(let sizes): sizes.lowerBound == 0 || Self.size(line).map { $0 >= sizes.lowerBound } ?? false
        }
    }

    private func ends(_ line: JSONLine) -> Bool {
        switch range {
        case .lines(let numbers): UInt64(line.number) > numbers.upperBound
        case .sizes(let sizes): Self.size(line).map { $0 > sizes.upperBound } ?? false
        }
    }

    private static func size(_ line: JSONLine) -> UInt64? {
        (try? SignedTreeHead(json: line.bytes, maximumBytes: 1 << 20))?.treeSize
    }
}
