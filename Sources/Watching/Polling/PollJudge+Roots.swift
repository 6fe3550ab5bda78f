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
        var prefix: (UInt64, UInt64, LeafList) async throws -> Evidence.Prefix?
        /// A verified head of this size or a larger one, whose JSON is kept and whose leaves are stored.
        var checkpoint: (UInt64) async throws -> StoredHead?
        /// The hashes of so many of the leaves that are stored.
        var stored: (UInt64) async throws -> [Digest]
        /// Signed heads of a size that are stored.
        var heads: (UInt64) async throws -> [StoredHead]
        /// The folder for hashes that memory has no room for.
        var scratch: String
        /// Whether this poll may ask for more; else the next one goes on.
        var hasTime: () -> Bool
    }

    private enum Advance {
        case reached
        /// There are no more.
        case ended
        /// There may be more, and this poll has no time for them.
        case suspended
    }

    /// Recomputes the roots of heads that are larger than the leaves that are stored.
    ///
    /// A head whose root the leaves do not give stays pending: our copy of the leaves may be the wrong one, and be mended.
    /// Leaves are kept only as far as a signed root vouches for them. A larger head whose root they do give proves the
    /// smaller one wrong.
    mutating func checkRoots(_ reader: inout LeafReader, _ leaves: Leaves) async throws {
        let new = waiting.drop { $0.known.treeSize <= position.leafCount }
        var failure: (any Error)?
        do { try await checkNew(new, &reader, leaves) } catch { failure = error }
        // What was vouched for before something failed is taken all the same.
        if let vouched = reader.takeMarked() {
            take(vouched)
            if let keys = vouched.keys, let book = reader.keys {
                takeKeys(keys, book, leafCount: vouched.mark.frontier.end)
            }
        }
        if let failure { throw failure }
    }

    private mutating func checkNew(
        _ heads: ArraySlice<StoredHead>, _ reader: inout LeafReader, _ leaves: Leaves
    ) async throws {
        let begun = reader.count
        var hasAsked = false
        var behind: TreeVerifier?
        var wrong: [StoredHead] = []
        var passed: [Digest] = []
        var refuted: [Digest] = []
        for head in heads {
            let size = head.known.treeSize
            try bound(size, behind: reader.marked?.frontier.end ?? position.leafCount)
            switch try await advance(&reader, from: begun, to: size, leaves, &hasAsked) {
            case .reached: break
            case .suspended:
                readsOn = true
                return
            case .ended:
                report(
                    Finding(
                        .leavesMissing, treeSize: size, expected: "\(size) registrations", found: "\(reader.count)"))
                return
            }
            let tree = try await tree(at: size, reader, leaves, &behind)
            guard let finding = tree.check(treeSize: size, root: head.known.root) else {
                if !wrong.isEmpty {
                    try await reportInconsistent(wrong, head.known.hash, leaves, beyond: reader.leaves)
                    refuted += wrong.map(\.known.hash)
                    wrong = []
                }
                if reader.count == size {
                    reader.mark()
                    for hash in passed + [head.known.hash] { verify(hash) }
                    // Not before another head is verified: the position stands at one that nothing is said against.
                    for hash in refuted { contest(hash) }
                    (passed, refuted) = ([], [])
                } else {
                    // Another poll read on: these leaves are vouched for, and stored, with the next root that they give.
                    passed.append(head.known.hash)
                }
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
            hasWrongRoot = true
        }
    }

    /// A head may sign any size: what it promises is fetched only as far as there is room for it without a root.
    private func bound(_ size: UInt64, behind vouched: UInt64) throws(FetchError) {
        let limit = log.limits.unvouchedLeaves
        guard size > vouched, size - vouched > UInt64(limit) else { return }
        throw FetchError(
            .tooLarge,
            "the head of size \(size) stands \(size - vouched) registrations behind the last root that they gave, and at most "
                + "\(limit) are fetched without one; raise limits.unvouched_leaves if the log is this large")
    }

    /// The tree over the first leaves. A part before this one may have read on without a root that vouches for it.
    ///
    /// - Parameter last: the tree at the size before, from which this one goes on: there may be many heads, and many leaves.
    private func tree(
        at size: UInt64, _ reader: LeafReader, _ leaves: Leaves, _ last: inout TreeVerifier?
    ) async throws -> TreeVerifier {
        if reader.count == size { return reader.tree }
        var tree: TreeVerifier
        if let last { tree = last } else { tree = try await leaves.tree(position.leafCount) }
        let known = tree.frontier.end
        try reader.leaves.dropFirst(Int(known - position.leafCount)).prefix(Int(size - known)).forEachPiece { hashes in
            for leaf in hashes { tree.append(leaf) }
        }
        last = tree
        return tree
    }

    /// The leaves that a file of evidence holds; nil where they are more than it may.
    private func proving(_ size: UInt64, _ reader: LeafReader, _ leaves: Leaves) async throws -> [Digest]? {
        guard size <= log.limits.evidenceLeaves else { return nil }
        let stored = try await leaves.stored(min(size, position.leafCount))
        return stored + (try reader.leaves.prefix(Int(size) - stored.count).hashes())
    }

    private mutating func advance(
        _ reader: inout LeafReader, from begun: UInt64, to size: UInt64, _ leaves: Leaves, _ hasAsked: inout Bool
    ) async throws -> Advance {
        while true {
            // A file on this machine is read without anything that a stop would end.
            try Task.checkCancellation()
            let before = reader.count
            let next = min(size, before + UInt64(LeafList.piece))
            for finding in reader.advance(to: next) { reportLeaf(finding) }
            try reader.layAside(in: leaves.scratch)
            if reader.count >= size { return .reached }
            if reader.count == next { continue }
            if reader.isBlocked { return .ended }
            // What was fetched first may be the last record alone, which is known: then this poll asks for more, once at least.
            guard reader.count == begun && !hasAsked || leaves.hasTime() else { return .suspended }
            hasAsked = true
            guard let more = try await leaves.more(reader.end, size), !more.isEmpty else { return .ended }
            reader.refill(more)
        }
    }

    /// Checks the heads that are no larger than the leaves that are stored, for which a signed root vouches: nothing is fetched.
    mutating func checkPassed(_ leaves: Leaves) async throws {
        for head in waiting.prefix(while: { [position] in $0.known.treeSize <= position.leafCount }) {
            let tree = try await leaves.tree(head.known.treeSize)
            guard let finding = tree.check(treeSize: head.known.treeSize, root: head.known.root) else {
                verify(head.known.hash)
                continue
            }
            report(finding, subject: head.known.hash.bytes)
            if finding.rule == .rootMismatch, let larger = try await voucher(head.known.treeSize, leaves) {
                try await reportInconsistent([head], larger, leaves, beyond: LeafList())
            } else {
                contest(head.known.hash)
            }
        }
    }

    /// A verified head whose root the stored leaves give, and whose tree is larger than that.
    private mutating func voucher(_ size: UInt64, _ leaves: Leaves) async throws -> Digest? {
        // What was verified without leaves may be larger than these.
        if position.verifiedSize <= position.leafCount { return position.verifiedHash }
        guard let checkpoint = try await leaves.checkpoint(size) else { return nil }
        remember([checkpoint])
        return checkpoint.known.hash
    }

    /// The larger root binds the leaves, so that the smaller heads are proved wrong.
    private mutating func reportInconsistent(
        _ wrong: [StoredHead], _ larger: Digest, _ leaves: Leaves, beyond: LeafList
    ) async throws {
        let size = heads[larger]?.known.treeSize ?? position.verifiedSize
        for head in wrong {
            var proof: Proof?
            if let other = heads[larger], let shown = try await provable(head, other, leaves) {
                proof = Proof(
                    kind: .inconsistent, heads: [shown.smaller.hash, shown.larger.hash],
                    signers: shown.smaller.signers.intersection(shown.larger.signers),
                    prefix: try await leaves.prefix(head.known.treeSize, size, beyond))
            }
            report(
                Finding(
                    .inconsistent, treeSize: head.known.treeSize, expected: "a prefix of the tree of size \(size)",
                    found: "root \(head.known.root)"), subject: head.known.hash.bytes, proof: proof)
            // One that was verified without leaves stays so until the larger one is: the position may stand at it.
            if head.state != .verified { contest(head.known.hash) }
        }
    }

    /// The two heads, or others of their sizes and roots, that a checker believes together.
    private func provable(
        _ smaller: StoredHead, _ larger: StoredHead, _ leaves: Leaves
    ) async throws -> (smaller: ChainVerifier.Known, larger: ChainVerifier.Known)? {
        if let pair = log.verifier.believed([smaller.known], [larger.known]) { return pair }
        return log.verifier.believed(
            [smaller.known] + (try await alike(smaller.known, leaves)),
            [larger.known] + (try await alike(larger.known, leaves)))
    }

    /// The heads of a size and root, at hand or stored, in an order that does not change from run to run.
    private func alike(_ head: ChainVerifier.Known, _ leaves: Leaves) async throws -> [ChainVerifier.Known] {
        var alike: [Digest: ChainVerifier.Known] = [:]
        // Those at hand behind those stored: they may have more signatures.
        for other in try await leaves.heads(head.treeSize) + Array(heads.values)
        where other.known.treeSize == head.treeSize && other.known.root == head.root {
            alike[other.known.hash] = other.known
        }
        return alike.values.sorted { $0.hash.hex < $1.hash.hex }
    }
}
