import Foundation
import GRDB
import TransparencyLog

extension Digest {
    /// The digests that stand one behind another in some bytes.
    static func list(_ bytes: [UInt8]) -> [Digest] {
        stride(from: 0, to: bytes.count - bytes.count % byteCount, by: byteCount).compactMap {
            Digest(bytes[$0..<($0 + byteCount)])
        }
    }
}

extension LogPosition {
    init(_ row: Row) throws {
        self.init()
        func unsigned(_ column: String) throws -> UInt64 {
            guard let value = UInt64(exactly: row[column] as Int64) else { throw DamagedStore("logs.\(column)") }
            return value
        }
        version = row["version"]
        seenSize = try unsigned("seen_size")
        verifiedSize = try unsigned("verified_size")
        verifiedHash = (row["verified_hash"] as Data?).flatMap { Digest(Array($0)) }
        verifiedTimestamp = try unsigned("verified_timestamp")
        verifiedCount = row["verified_count"]
        leafCount = try unsigned("leaf_count")
        frontier = Digest.list(Array(row["frontier"] as Data))
        leafOffset = try unsigned("leaf_offset")
        lastLeafLine = Array(row["last_leaf_line"] as Data)
        leavesFoundAt = try unsigned("leaves_found_at")
        guard let assurance = Assurance(rawValue: row["assurance"]) else { throw DamagedStore("logs.assurance") }
        self.assurance = assurance
        guard let gaps = Gaps(bytes: Array(row["gaps"] as Data)) else { throw DamagedStore("logs.gaps") }
        self.gaps = gaps
    }
}

extension StoredHead {
    init(_ row: Row) throws {
        func digest(_ column: String) throws -> Digest {
            guard let digest = Digest(Array(row[column] as Data)) else { throw DamagedStore("heads.\(column)") }
            return digest
        }
        guard let state = State(rawValue: row["state"]) else { throw DamagedStore("heads.state") }
        let predecessor: SignedTreeHead.Predecessor =
            switch row["prev_hash"] as Data? {
            case nil: .unstated
            case let data? where data.isEmpty: .none
            case .some: .hash(try digest("prev_hash"))
            }
        let signers = (row["signers"] as String).split(separator: "\n").map(String.init)
        self.init(
            known: ChainVerifier.Known(
                hash: try digest("hash"), predecessor: predecessor, treeSize: UInt64(row["tree_size"] as Int64),
                root: try digest("root"), timestamp: UInt64(row["timestamp"] as Int64), signers: Set(signers)),
            rawHash: (row["raw_hash"] as Data?).flatMap { Digest(Array($0)) } ?? .zero, state: state,
            seenAt: UInt64(row["seen_at"] as Int64))
        // The usual vantage costs a byte in each of millions of rows.
        let vantage = row["vantage"] as String
        if !vantage.isEmpty { self.vantage = vantage }
    }

    var vantageColumn: String { vantage == WatchConfiguration.Vantage.direct.name ? "" : vantage }

    var signerList: String { known.signers.sorted().joined(separator: "\n") }
}

extension Gaps {
    private static let recordBytes = Digest.byteCount + 16

    /// One record each: the parent, and the sizes below and above.
    init?(bytes: [UInt8]) {
        guard bytes.count % Self.recordBytes == 0 else { return nil }
        var gaps: [Gap] = []
        for start in stride(from: 0, to: bytes.count, by: Self.recordBytes) {
            let sizes = start + Digest.byteCount
            guard let parent = Digest(bytes[start..<sizes]) else { return nil }
            func number(_ at: Int) -> UInt64 { bytes[at..<(at + 8)].reduce(0) { $0 << 8 | UInt64($1) } }
            gaps.append(Gap(parent: parent, below: number(sizes), above: number(sizes + 8)))
        }
        self.init(gaps)
    }

    var bytes: [UInt8] {
        func bytes(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian, Array.init) }
        return all.flatMap { $0.parent.bytes + bytes($0.below) + bytes($0.above) }
    }
}

extension StoredFinding {
    init(_ row: Row) throws {
        guard let rule = Rule(rawValue: row["rule"]), let severity = Severity(rawValue: row["severity"]),
            let fingerprint = Digest(Array(row["fingerprint"] as Data))
        else { throw DamagedStore("findings") }
        let size = (row["tree_size"] as Int64?).map { UInt64($0) }
        self.init(
            stored: Finding(
                rule, severity: severity, treeSize: size, expected: row["expected"], found: row["found"]),
            fingerprint: fingerprint, evidence: (row["evidence"] as Data?).flatMap { Digest(Array($0)) },
            at: UInt64(row["at"] as Int64))
    }
}
