import TransparencyLog

/// What gossip asks of the store.
protocol GossipStore: Sendable {
    /// The newest verified heads of some logs, with their JSON as it was received.
    func newestVerified(of logIDs: [String]) async throws -> [(logID: String, head: StoredHead)]
    /// A verified head of this size, or of the largest below it whose JSON is kept.
    func verifiedHead(of logID: String, at size: UInt64) async throws -> [UInt8]?

    /// Keeps a head until it can be compared, with the signatures that it has now: those that were told before are to be among
    /// them. Each teller may have `limit`, so that none crowds out what another one told.
    /// Where there are more, those go first that are not beyond what is verified, which nothing may ever settle, and then
    /// the largest, which can be compared last.
    ///
    /// - Returns: whether it is kept.
    func hear(_ head: HeardHead, of logID: String, limit: Int) async throws -> Bool
    func heard(of logID: String) async throws -> [HeardHead]
    func forget(_ hashes: [Digest], of logID: String) async throws

    /// Files of evidence that were not checked yet for what they prove by themselves.
    func uncheckedEvidence(of logID: String, limit: Int) async throws -> [StoredEvidence]
    /// - Parameter conflict: nil where the file proves nothing by itself.
    func mark(_ evidence: Digest, conflict: Digest?, of logID: String) async throws
    /// Files that prove something by themselves, one for each conflict: the newest, in their order.
    func conflicts(of logID: String, limit: Int) async throws -> [(conflict: Digest, evidence: Digest)]
    /// Whether there is a file that proves a conflict.
    func holds(_ conflict: Digest, of logID: String) async throws -> Bool
    /// Whether there is a fork that nobody acknowledged.
    func hasFork(_ logID: String) async throws -> Bool
    /// The bytes of a file of evidence, whatever log it is about.
    func evidenceFile(_ hash: Digest) async throws -> [UInt8]?

    /// Signs the newest verified heads, as far as they continue all that was ever signed with the key.
    func vouch(
        _ key: CosignerSigningKey, for logIDs: [String], record: SigningRecord, keeping limit: Int, at now: UInt64
    ) async throws -> [String: VouchOutcome]
    /// The note of one size, or of the newest.
    func voucher(_ key: CosignerKey, logID: String, treeSize: UInt64?) async throws -> String?
}

/// A head that somebody else was shown.
struct HeardHead: Hashable, Sendable {
    var hash: Digest
    var treeSize: UInt64
    var json: [UInt8]
    /// Who told of it.
    var vantage: String
    var at: UInt64
}

/// What came of the wish to vouch for a log's newest head.
enum VouchOutcome: Hashable, Sendable {
    case signed(treeSize: UInt64)
    /// No head yet whose root was recomputed.
    case nothing
    /// The store knows less than was signed before: it was restored from a backup, and catches up.
    case behind(signed: UInt64)
    /// The log was seen to show two histories, and nobody acknowledged that.
    case contested
    /// The tree does not continue what was signed before.
    case refused(signed: UInt64)
}
