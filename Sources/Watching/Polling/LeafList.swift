public import TransparencyLog

/// Hashes of leaves in their order. However many they are, those that were laid aside take no memory.
public struct LeafList: Sendable {
    /// Hashes that are read, written and kept in memory at a time.
    static let piece = 1 << 16

    private enum Segment {
        case memory([Digest])
        case file(ScratchFile, Range<UInt64>)

        var count: Int {
            switch self {
            case .memory(let hashes): hashes.count
            case .file(_, let range): range.count
            }
        }

        func part(_ range: Range<Int>) -> Segment {
            switch self {
            case .memory(let hashes): .memory(Array(hashes[range]))
            case .file(let file, let all):
                .file(file, all.lowerBound + UInt64(range.lowerBound)..<all.lowerBound + UInt64(range.upperBound))
            }
        }
    }

    private var earlier: [Segment] = []
    /// Those behind them: an enumeration's payload would be copied at each append.
    private var recent: [Digest]
    public private(set) var count: Int

    public init(_ hashes: [Digest] = []) {
        recent = hashes
        count = hashes.count
    }

    public var isEmpty: Bool { count == 0 }

    public mutating func append(_ hash: Digest) {
        recent.append(hash)
        count += 1
    }

    mutating func append(contentsOf other: LeafList) {
        if !recent.isEmpty { earlier.append(.memory(recent)) }
        earlier += other.earlier
        recent = other.recent
        count += other.count
    }

    /// How many of them are in memory.
    var countInMemory: Int {
        earlier.reduce(recent.count) { if case .memory(let hashes) = $1 { $0 + hashes.count } else { $0 } }
    }

    /// Moves the newest out of memory.
    mutating func layAside(in file: ScratchFile) throws(FetchError) {
        let range = try file.append(recent)
        if case .file(let last, let before) = earlier.last, last === file, before.upperBound == range.lowerBound {
            earlier[earlier.count - 1] = .file(file, before.lowerBound..<range.upperBound)
        } else {
            earlier.append(.file(file, range))
        }
        recent = []
    }

    func prefix(_ length: Int) -> LeafList { part(0..<min(length, count)) }

    func dropFirst(_ length: Int) -> LeafList { part(min(length, count)..<count) }

    private func part(_ range: Range<Int>) -> LeafList {
        var list = LeafList()
        var start = 0
        for segment in earlier {
            let overlap = range.clamped(to: start..<start + segment.count)
            if !overlap.isEmpty {
                list.earlier.append(segment.part(overlap.lowerBound - start..<overlap.upperBound - start))
            }
            start += segment.count
        }
        let overlap = range.clamped(to: start..<start + recent.count)
        if !overlap.isEmpty { list.recent = Array(recent[overlap.lowerBound - start..<overlap.upperBound - start]) }
        list.count = range.count
        return list
    }

    /// Passes them on, one piece after the other.
    ///
    /// - Throws: `FetchError` where what was laid aside cannot be read, and what `body` throws.
    func forEachPiece(_ body: ([Digest]) throws -> Void) throws {
        for segment in earlier {
            switch segment {
            case .memory(let hashes): try body(hashes)
            case .file(let file, let range):
                for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.piece) {
                    try body(try file.read(start..<min(start + UInt64(Self.piece), range.upperBound)))
                }
            }
        }
        if !recent.isEmpty { try body(recent) }
    }

    /// All of them, in memory.
    func hashes() throws -> [Digest] {
        var all: [Digest] = []
        try forEachPiece { all += $0 }
        return all
    }
}
