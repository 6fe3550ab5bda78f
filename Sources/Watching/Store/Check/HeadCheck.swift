import Foundation
import GRDB
import TransparencyLog

/// Every head against its JSON, its hash, its signatures and its parent; and the position of the verified head.
struct HeadCheck {
    let rows: LogRows
    let trust: TrustFile?
    let jobs: Int

    func run(_ position: LogPosition, _ counts: inout StoreCheck.Counts, _ problems: inout [String]) async throws {
        var last: Int64 = 0
        var (verified, disproved): (Int64, Int64) = (0, 0)
        var newest: ChainVerifier.Known?
        while true {
            let page = try rows.fetch(
                """
                SELECT heads.id, json, \(SQLiteStore.essentials) FROM heads
                LEFT JOIN head_json ON head_json.head = heads.id
                WHERE heads.log = ? AND heads.id > ? ORDER BY heads.id LIMIT ?
                """, [rows.log, last, StoreChecker.page])
            guard let id = page.last?["id"] as Int64? else { break }
            last = id
            let heads = try page.map(StoredHead.init)
            counts.heads += heads.count
            try await checkJSON(zip(heads, page.map { $0["json"] as Data? }), &counts, &problems)
            for head in heads where try isDisproved(head) { disproved += 1 }
            for head in heads where head.state == .verified {
                verified += 1
                if newest.map({ Self.precedes($0, head.known) }) ?? true { newest = head.known }
                try checkParent(head.known, &problems)
                try checkQuorum(head.known, &problems)
            }
        }
        // Heads that were ever verified: leaves that came later may have disproved some, which are contested since then.
        if !(verified...verified + disproved).contains(position.verifiedCount) {
            problems.append("logs.verified_count is \(position.verifiedCount), and \(verified) heads are verified")
        }
        if newest?.treeSize != (position.verifiedHash == nil ? nil : position.verifiedSize) {
            let stored = newest.map { "\($0.treeSize)" } ?? "none"
            problems.append("logs.verified_size is \(position.verifiedSize), and the newest verified head is \(stored)")
        }
    }

    /// Whether a contested head has a root that the leaves do not give.
    private func isDisproved(_ head: StoredHead) throws -> Bool {
        guard head.state == .contested else { return false }
        let fingerprints = [Rule.inconsistent, .rootMismatch].map {
            Data(Finding.fingerprint($0, treeSize: head.known.treeSize, subject: head.known.hash.bytes).bytes)
        }
        return try !rows.fetch(
            "SELECT 1 FROM findings WHERE log = ? AND fingerprint IN (?, ?)",
            [rows.log, fingerprints[0], fingerprints[1]]
        ).isEmpty
    }

    private static func precedes(_ one: ChainVerifier.Known, _ other: ChainVerifier.Known) -> Bool {
        (one.treeSize, one.timestamp) < (other.treeSize, other.timestamp)
    }

    private func checkJSON(
        _ heads: some Sequence<(StoredHead, Data?)>, _ counts: inout StoreCheck.Counts, _ problems: inout [String]
    ) async throws {
        var read: [(StoredHead, SignedTreeHead)] = []
        for (stored, json) in heads {
            guard let json else {
                if stored.state == .verified {
                    counts.thinned += 1
                } else {
                    problems.append("\(stored.place): its JSON is missing, and nothing may delete it")
                }
                continue
            }
            guard Digest.sha256(Array(json)) == stored.rawHash else {
                problems.append("\(stored.place): its JSON was changed")
                continue
            }
            do { read.append((stored, try SignedTreeHead(JSONReader.parse(Array(json))))) } catch {
                problems.append("\(stored.place): its JSON is no head: \(error)")
            }
        }
        guard let trust else { return }
        let judged = await HeadVerifier(trust: trust).verify(read.map(\.1), jobs: jobs)
        for ((stored, _), judged) in zip(read, judged) {
            counts.signatures += judged.signaturesChecked
            guard let known = ChainVerifier.Known(judged), known.matches(stored.known) else {
                problems.append("\(stored.place): its columns are not what its JSON says")
                continue
            }
            // Signatures that came when retention kept no JSON, or that found no room in it, are counted all the same.
            let missing = judged.signers.subtracting(stored.known.signers)
            if !missing.allSatisfy({ isExcused($0, stored.known, trust) }) {
                problems.append("\(stored.place): its signers are not those of its JSON")
            }
        }
    }

    /// A verified head is not judged anew under a trust file that came later: who signs by a window that was opened since may be
    /// missing beside the quorum that verified it.
    private func isExcused(_ signer: String, _ known: ChainVerifier.Known, _ trust: TrustFile) -> Bool {
        UInt64(known.signers.count) >= trust.policy.t
            && trust.cosigners.contains { $0.id == signer && $0.fromTreeSize > 0 }
    }

    /// Who continues a contested head is contested, but for two: a head whose root the leaves proved wrong is contested
    /// alone, since those behind it stand on the leaves; and one that came late, to fill a gap, changes nothing behind it.
    private func checkParent(_ head: ChainVerifier.Known, _ problems: inout [String]) throws {
        guard case .hash(let parent) = head.predecessor else { return }
        let (data, child) = (Data(parent.bytes), Data(head.hash.bytes))
        let row = try rows.fetch(
            """
            SELECT state, tree_size, id < (SELECT id FROM heads WHERE \(HeadRows.byHash)) AS came_before FROM heads
            WHERE \(HeadRows.byHash)
            """, [rows.log, child, child, rows.log, data, data]
        ).first
        guard let row, row["state"] == StoredHead.State.contested.rawValue, row["came_before"] == true else { return }
        let finding = Finding(
            .inconsistent, treeSize: UInt64(row["tree_size"] as Int64), expected: "", found: "")
        let fingerprint = StoredFinding(finding, subject: parent.bytes, at: 0).fingerprint
        let proved = try rows.fetch(
            "SELECT 1 FROM findings WHERE log = ? AND fingerprint = ?", [rows.log, Data(fingerprint.bytes)])
        if proved.isEmpty { problems.append("head \(head.hash) is verified, and continues a contested one") }
    }

    /// The signers of heads with one size and root add up.
    private func checkQuorum(_ head: ChainVerifier.Known, _ problems: inout [String]) throws {
        guard let trust, UInt64(head.signers.count) < trust.policy.t else { return }
        let family = try rows.fetch(
            """
            SELECT \(SQLiteStore.essentials) FROM heads
            WHERE log = ? AND tree_size = ? AND signer_count > 0 AND root = ?
            """, [rows.log, Int64(head.treeSize), Data(head.root.bytes)])
        let signers = try family.reduce(into: Set<String>()) { $0.formUnion(try StoredHead($1).known.signers) }
        if UInt64(signers.count) < trust.policy.t {
            problems.append("head \(head.hash) is verified, and has no quorum")
        }
    }
}

extension StoredHead {
    fileprivate var place: String { "head \(known.hash) of size \(known.treeSize)" }
}

extension ChainVerifier.Known {
    /// Whether all but the signers is the same.
    fileprivate func matches(_ other: Self) -> Bool {
        hash == other.hash && predecessor == other.predecessor && treeSize == other.treeSize && root == other.root
            && timestamp == other.timestamp
    }
}
