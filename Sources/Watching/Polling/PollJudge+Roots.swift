import TransparencyLog

/// Roots: recomputed from the leaves, and compared with what heads claim.
extension PollJudge {
    /// Where leaves come from while roots are checked.
    struct Leaves {
        /// More from an offset on, where so many leaves are needed; nil at the end.
        var more: (UInt64, UInt64) async throws -> ArraySlice<UInt8>?
        /// The hashes of the leaves that are stored.
        var stored: () async throws -> [Digest]
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
                    try await reportInconsistent(wrong, head.known.hash, leaves.stored() + reader.leaves)
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
                let all = try await leaves.stored() + reader.leaves
                proof = Proof(
                    kind: .rootMismatch, heads: [head.known.hash], signers: head.known.signers,
                    leaves: Array(all.prefix(Int(size))))
            }
            report(finding, subject: head.known.hash.bytes, proof: proof)
            wrong.append(head)
        }
        if let mark = reader.marked { take(reader.takeMarked(), mark) }
    }

    /// The tree over the first leaves. A part before this one may have read on without a root that vouches for it.
    private func tree(at size: UInt64, _ reader: LeafReader, _ leaves: Leaves) async throws -> TreeVerifier {
        if reader.count == size { return reader.tree }
        var tree = TreeVerifier()
        for leaf in (try await leaves.stored() + reader.leaves).prefix(Int(size)) { tree.append(leaf) }
        return tree
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
        let stored = heads.contains { $0.known.treeSize > 0 } ? try await leaves.stored() : []
        var tree = TreeVerifier()
        for head in heads {
            for leaf in stored[Int(tree.frontier.end)..<Int(head.known.treeSize)] { tree.append(leaf) }
            guard let finding = tree.check(treeSize: head.known.treeSize, root: head.known.root) else {
                verify(head.known.hash)
                continue
            }
            report(finding, subject: head.known.hash.bytes)
            if finding.rule == .rootMismatch, let larger = position.verifiedHash {
                reportInconsistent([head], larger, stored)
            } else {
                contest(head.known.hash)
            }
        }
    }

    /// The larger root binds the leaves, so that the smaller heads are proved wrong.
    private mutating func reportInconsistent(_ wrong: [StoredHead], _ larger: Digest, _ leaves: [Digest]) {
        let size = heads[larger]?.known.treeSize ?? position.verifiedSize
        for head in wrong {
            let signers = head.known.signers.intersection(heads[larger]?.known.signers ?? head.known.signers)
            let proof = Proof(
                kind: .inconsistent, heads: [head.known.hash, larger], signers: signers,
                leaves: Array(leaves.prefix(Int(size))))
            report(
                Finding(
                    .inconsistent, treeSize: head.known.treeSize, expected: "a prefix of the tree of size \(size)",
                    found: "root \(head.known.root)"), subject: head.known.hash.bytes, proof: proof)
            contest(head.known.hash)
        }
    }
}
