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
    }
}

extension StoredHead {
    /// A head is stored as it was received, so its essentials are read from it again.
    init(_ row: Row) throws {
        let raw = Array(row["raw"] as Data)
        guard let hash = Digest(Array(row["hash"] as Data)) else { throw DamagedStore("heads.hash") }
        let head: SignedTreeHead
        do { head = try SignedTreeHead(JSONReader.parse(raw)) } catch { throw DamagedStore("heads.raw") }
        guard let state = State(rawValue: row["state"]) else { throw DamagedStore("heads.state") }
        let signers = (row["signers"] as String).split(separator: "\n").map(String.init)
        self.init(
            known: ChainVerifier.Known(
                hash: hash, predecessor: head.predecessor, treeSize: head.treeSize, root: head.root,
                timestamp: head.timestamp, signers: Set(signers)),
            raw: raw, state: state, seenAt: UInt64(row["seen_at"] as Int64))
    }

    var signerList: String { known.signers.sorted().joined(separator: "\n") }
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
