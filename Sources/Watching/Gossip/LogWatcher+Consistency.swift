import TransparencyLog

extension LogWatcher {
    /// No proof has more hashes than a tree has levels, twice; each takes 50 bytes.
    private static let proofBytes = 16 << 10

    /// Asks the log to prove that a smaller tree, which nothing here settles, is a prefix of what is verified.
    ///
    /// - Returns: false where it proves nothing: few logs answer, and an answer that is wrong proves nothing either.
    func provesPrefix(_ head: HeardHead, _ limits: GossipLimits) async throws -> Bool {
        let position = try await store.position(of: log.logID)
        guard let source = points.first?.source, head.treeSize > 0, head.treeSize < position.verifiedSize,
            let hash = position.verifiedHash, let larger = try await store.heads([hash], logID: log.logID).first,
            let smaller = try? SignedTreeHead(json: head.json, maximumBytes: log.limits.headBytes)
        else { return false }
        let base = log.url.hasSuffix("/") ? String(log.url.dropLast()) : log.url
        let request = FetchRequest(
            url: "\(base)/proof/consistency?first=\(head.treeSize)&second=\(position.verifiedSize)",
            maximumBytes: Self.proofBytes, timeoutSeconds: limits.timeout)
        let response: FetchResponse
        do { response = try await source.get(request) } catch { return false }
        guard response.status == 200, let path = (try? JSONReader.parse(response.body))?["path"]?.elements else {
            return false
        }
        let hashes = path.compactMap { $0.text.flatMap(Digest.init(base64:)) }
        let proof = ConsistencyProof(first: head.treeSize, second: position.verifiedSize, path: hashes)
        return hashes.count == path.count && proof.verifies(firstRoot: smaller.root, secondRoot: larger.known.root)
    }
}
