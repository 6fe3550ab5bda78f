import Pages
public import TransparencyLog

/// Makes proofs from a log's files, against heads with a quorum and no others.
public struct Prover: Sendable {
    /// Which leaf is meant.
    public enum Leaf: Hashable, Sendable {
        case index(UInt64)
        /// The id's newest registration. An older one is proved by its index: else a key that was replaced would
        /// pass for the one that counts.
        case id(JSONText)
    }

    private let leaves: String
    private let heads: String
    private let verifier: HeadVerifier

    public init(leaves: String, heads: String, trust: TrustFile) {
        self.leaves = leaves
        self.heads = heads
        verifier = HeadVerifier(trust: trust)
    }

    /// - Parameter size: of the head to prove against; nil for the newest. The newest registration of an id is then the
    ///   newest within this size.
    /// - Throws: `LogFileError`; `AskFailure` where there is no such leaf, or no head.
    public func inclusion(of leaf: Leaf, size: UInt64? = nil) throws -> ProofFile {
        var found: LeafStream.Leaf?
        let (tree, broken) = try read { candidate in
            switch leaf {
            case .index(let index): if candidate.index == index { found = candidate }
            case .id(let id):
                if candidate.registration.id == id, candidate.index < size ?? .max { found = candidate }
            }
        }
        guard let found else {
            let what =
                switch leaf {
                case .index(let index): "no leaf has index \(index), counted from 0"
                case .id(let id): "\(Quoted.text(id)) is not registered"
                }
            let among = size.map { min($0, tree.size) } ?? tree.size
            throw AskFailure("\(leaves): \(what), among \(among) leaves\(note(broken))")
        }
        if let size, found.index >= size {
            throw AskFailure("\(leaves): the leaf at index \(found.index) is not in a tree of size \(size)")
        }
        var isNewest = size == nil
        if case .index = leaf { isNewest = false }
        let head = try head(size.map { $0...$0 } ?? found.index + 1...(.max), tree, broken, isNewest: isNewest)
        guard let proof = tree.inclusionProof(index: found.index, treeSize: head.treeSize) else {
            throw AskFailure("\(leaves): the leaf at index \(found.index) is not in a tree of size \(head.treeSize)")
        }
        return ProofFile(
            log: verifier.trust,
            claim: .inclusion(head: head.value, index: found.index, registration: found.registration), path: proof.path)
    }

    /// - Parameter second: nil for the newest head.
    /// - Throws: `LogFileError`; `AskFailure` where there is no head of such a size.
    public func consistency(first: UInt64, second: UInt64? = nil) throws -> ProofFile {
        let (tree, broken) = try read { _ in }
        let small = try head(first...first, tree, broken, isNewest: false)
        let large = try head(second.map { $0...$0 } ?? first...(.max), tree, broken, isNewest: second == nil)
        guard let proof = tree.consistencyProof(first: small.treeSize, second: large.treeSize) else {
            throw AskFailure("nothing is proved from size \(small.treeSize) to size \(large.treeSize)")
        }
        return ProofFile(
            log: verifier.trust, claim: .consistency(first: small.value, second: large.value), path: proof.path)
    }

    private func read(_ visit: (LeafStream.Leaf) -> Void) throws -> (LeafTree, broken: Finding?) {
        var tree = LeafTree()
        var stream = try LeafStream(path: leaves)
        while let leaf = try stream.next() {
            tree.append(leaf.registration.leafHash)
            visit(leaf)
        }
        return (tree, stream.broken)
    }

    /// - Parameter isNewest: what is asked for is the newest there is, and not an older one in its place.
    private func head(
        _ sizes: ClosedRange<UInt64>, _ tree: LeafTree, _ broken: Finding?, isNewest: Bool
    ) throws -> SignedTreeHead {
        do {
            let found = try ProvingHead.newest(in: heads, sizes: sizes, tree: tree, verifier: verifier)
            guard isNewest, let why = found.passedOver else { return found.head }
            throw AskFailure(
                "\(heads): \(why), so that the newest cannot be told; give all registrations, or name the size of the head "
                    + "to prove against: \(found.head.treeSize) can be")
        } catch { throw error is AskFailure ? AskFailure("\(error)\(note(broken))") : error }
    }

    private func note(_ broken: Finding?) -> String {
        broken.map { "; \(leaves) is read up to this: \(Printable.text($0.text))" } ?? ""
    }
}
