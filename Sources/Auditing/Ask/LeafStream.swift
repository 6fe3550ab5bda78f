import LogFiles
import TransparencyLog

/// The registrations of a file in their order, up to the first that cannot be read: behind it no index is certain.
struct LeafStream: ~Copyable {
    struct Leaf {
        let index: UInt64
        let registration: Registration
        /// The stored leaf_hash, which is compared and never used.
        let claimed: Digest?
        let line: Int
        let byteOffset: UInt64
    }

    private var reader: JSONLinesReader
    /// Registrations read.
    private(set) var count: UInt64 = 0
    /// The line that could not be read.
    private(set) var broken: Finding?

    /// - Parameter passed: registrations, one a line, that were read before and are passed unread.
    init(path: String, behind passed: UInt64 = 0) throws(LogFileError) {
        var reader = try JSONLinesReader(path: path)
        guard try reader.skip(Int(passed)) == passed else {
            throw LogFileError(path: path, reason: "has fewer than the \(passed) lines that were read of it before")
        }
        self.reader = reader
        count = passed
    }

    /// A registration of which only the leaf is wanted.
    struct Hashed {
        let hash: Digest
        let claimed: Digest?
        let canPoseAsNode: Bool
        let line: Int
        let byteOffset: UInt64
    }

    /// As `next`, by the short way for lines in their usual form.
    mutating func nextHash() throws(LogFileError) -> Hashed? {
        guard broken == nil else { return nil }
        var usual: UsualLeaf?
        let place = reader.pass { line in
            usual = UsualLeaf(line)
            return usual != nil
        }
        if let place, let usual {
            count += 1
            return Hashed(
                hash: usual.hash, claimed: usual.claimed, canPoseAsNode: usual.canPoseAsNode, line: place.number,
                byteOffset: place.byteOffset)
        }
        return try next().map { leaf in
            Hashed(
                hash: leaf.registration.leafHash, claimed: leaf.claimed,
                canPoseAsNode: leaf.registration.canPoseAsNode, line: leaf.line, byteOffset: leaf.byteOffset)
        }
    }

    mutating func next() throws(LogFileError) -> Leaf? {
        guard broken == nil, let line = try reader.next() else { return nil }
        do {
            try line.checkLength()
            let value = try JSONReader.parse(line.bytes, maximumBytes: 1 << 20)
            let leaf = Leaf(
                index: count, registration: try Registration(value),
                claimed: Registration.claimedHash(in: value), line: line.number,
                byteOffset: line.byteOffset)
            count += 1
            return leaf
        } catch {
            let end = line.byteOffset + UInt64(line.bytes.count)
            var finding = Finding(
                .leafMalformed, expected: "a registration",
                found: line.isTerminated ? "\(error)" : "truncated at byte \(end): \(error)")
            finding.line = line.number
            finding.byteOffset = line.byteOffset
            broken = finding
            return nil
        }
    }
}
