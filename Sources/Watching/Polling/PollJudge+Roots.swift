import TransparencyLog

/// Roots: recomputed from the leaves, and compared with what heads claim.
extension PollJudge {
    /// Where leaves come from while roots are checked.
    struct Leaves {
        /// More from an offset on, where so many leaves are needed; nil at the end.
        var more: (UInt64, UInt64) async throws -> ArraySlice<UInt8>?
        /// The tree over so many of the leaves that are stored.
        var tree: (UInt64) async throws -> TreeVerifier
        /// What the tree of a larger size has at a smaller one, with leaves that are not stored yet.
        var prefix: (UInt64, UInt64, [Digest]) async throws -> Evidence.Prefix?
        /// The hashes of so many of the leaves that are stored.
        var stored: (UInt64) async throws -> [Digest]
    }

    /// Recomputes the roots of all heads that wait for it.
    ///
    /// A head whose root the leaves do not give stays pending: our copy of the leaves may be the wrong one, and be mended.
    /// Leaves are kept only as far as a signed root vouches for them. A larger head whose root they do give proves the
    /// smaller one wrong.
    mutating func checkRoots(_ reader: inout LeafReader, _ leaves: Leaves) async throws {
        let waiting = waiting
        let passed = waiting.prefix { $0.known.treeSize <= position.leafCount }
        if !passed.isEmpty { try await checkPassed(Array(passed), leaves) }
        var wrong: [StoredHead] = []
        for head in waiting.dropFirst(passed.count) {
            let size = head.known.treeSize
            guard try await advance(&reader, to: size, leaves) else {
                report(
                    Finding(
                        .leavesMissing, treeSize: size, expected: "\(size) registrations", found: "\(reader.count)"))
                break
            }
            let tree = try await tree(at: size, reader, leaves)
            guard let finding = tree.check(treeSize: size, root: head.known.root) else {
                if !wrong.isEmpty {
                    try await reportInconsistent(wrong, head.known.hash, leaves, beyond: reader.leaves)
                    wrong = []
                }
                if reader.count == size { reader.mark() }
                verify(head.known.hash)
                continue
            }
            var proof: Proof?
            if wrong.isEmpty {
                // One file for the first size at which the root departs: what follows is its consequence. The leaves
                // are our testimony, since no signature covers them.
                proof = try await proving(size, reader, leaves).map {
                    Proof(kind: .rootMismatch, heads: [head.known.hash], signers: head.known.signers, leaves: $0)
                }
            }
            report(finding, subject: head.known.hash.bytes, proof: proof)
            wrong.append(head)
        }
        guard let vouched = reader.takeMarked() else { return }
        take(vouched)
        if let keys = vouched.keys, let book = reader.keys {
            takeKeys(keys, book, leafCount: vouched.mark.frontier.end)
        }
    }

    /// The tree over the first leaves. A part before this one may have read on without a root that vouches for it.
    private func tree(at size: UInt64, _ reader: LeafReader, _ leaves: Leaves) async throws -> TreeVerifier {
        if reader.count == size { return reader.tree }
        var tree = try await leaves.tree(position.leafCount)
        for leaf in reader.leaves.prefix(Int(size - position.leafCount)) { tree.append(leaf) }
        return tree
    }

    /// The leaves that a file of evidence holds; nil where they are more than it may.
    private func proving(_ size: UInt64, _ reader: LeafReader, _ leaves: Leaves) async throws -> [Digest]? {
        guard size <= log.limits.evidenceLeaves else { return nil }
        return Array((try await leaves.stored(min(size, position.leafCount)) + reader.leaves).prefix(Int(size)))
    }

    private mutating func advance(
        _ reader: inout LeafReader, to size: UInt64, _ leaves: Leaves
    ) async throws -> Bool {
        while true {
            for finding in reader.advance(to: size) { report(finding, subject: Array(finding.found.utf8)) }
            if reader.count >= size { return true }
            guard !reader.isBlocked, let more = try await leaves.more(reader.end, size), !more.isEmpty else {
                return false
            }
            reader.refill(more)
        }
    }

    /// Heads smaller than the leaves that are stored, which a larger signed root vouches for.
    private mutating func checkPassed(_ heads: [StoredHead], _ leaves: Leaves) async throws {
        for head in heads {
            let tree = try await leaves.tree(head.known.treeSize)
            guard let finding = tree.check(treeSize: head.known.treeSize, root: head.known.root) else {
                verify(head.known.hash)
                continue
            }
            report(finding, subject: head.known.hash.bytes)
            if finding.rule == .rootMismatch, let larger = position.verifiedHash {
                try await reportInconsistent([head], larger, leaves, beyond: [])
            } else {
                contest(head.known.hash)
            }
        }
    }

    /// The larger root binds the leaves, so that the smaller heads are proved wrong.
    private mutating func reportInconsistent(
        _ wrong: [StoredHead], _ larger: Digest, _ leaves: Leaves, beyond: [Digest]
    ) async throws {
        let size = heads[larger]?.known.treeSize ?? position.verifiedSize
        for head in wrong {
            let signers = head.known.signers.intersection(heads[larger]?.known.signers ?? head.known.signers)
            let proof = Proof(
                kind: .inconsistent, heads: [head.known.hash, larger], signers: signers,
                prefix: try await leaves.prefix(head.known.treeSize, size, beyond))
            report(
                Finding(
                    .inconsistent, treeSize: head.known.treeSize, expected: "a prefix of the tree of size \(size)",
                    found: "root \(head.known.root)"), subject: head.known.hash.bytes, proof: proof)
            contest(head.known.hash)
        }
    }
}
