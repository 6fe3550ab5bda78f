import Pages
public import TransparencyLog

/// Checks a proof by the rules and a trust file that the reader brings; of the proof nothing is believed but what the
/// pinned keys signed.
public struct ProofChecker: Sendable {
    public enum Verdict: Hashable, Sendable {
        /// What is proved, in one sentence.
        case proved(String)
        /// The heads are signed, but the path does not lead to their roots.
        case wrong(String)
        case notBelieved(String)
    }

    private let verifier: HeadVerifier

    public init(trust: TrustFile) { verifier = HeadVerifier(trust: trust) }

    public func check(_ proof: ProofFile) -> Verdict {
        guard proof.log.logID == verifier.trust.logID else {
            return .notBelieved(
                "the proof is about the log \(proof.log.logID), and the trust file about \(verifier.trust.logID)")
        }
        do throws(AskFailure) {
            switch proof.claim {
            case .inclusion(let head, let index, let registration):
                return inclusion(registration, index, try judge(head, "head"), proof.path)
            case .consistency(let first, let second):
                return consistency(try judge(first, "heads[0]"), try judge(second, "heads[1]"), proof.path)
            }
        } catch { return .notBelieved(error.description) }
    }

    private func judge(_ value: JSONValue, _ place: String) throws(AskFailure) -> JudgedHead {
        let judged: JudgedHead
        do { judged = verifier.verify(try SignedTreeHead(value)) } catch {
            throw AskFailure("\(place) is no signed tree head: \(error)")
        }
        guard judged.hash != nil else { throw AskFailure("\(place) has no canonical form") }
        guard verifier.isQuorum(judged.signers) else {
            throw AskFailure(
                "\(place) has \(judged.signers.count) valid signatures by pinned cosigners, and "
                    + "\(verifier.trust.policy.t) are needed; `nexo-audit inspect` tells what fails")
        }
        return judged
    }

    private func inclusion(
        _ registration: Registration, _ index: UInt64, _ judged: JudgedHead, _ path: [Digest]
    ) -> Verdict {
        let head = judged.head
        let proof = InclusionProof(index: index, treeSize: head.treeSize, path: path)
        guard proof.verifies(leaf: registration.leafHash, root: head.root) else {
            return .wrong(
                "the path does not lead from this registration at index \(index) to the signed root of size "
                    + "\(head.treeSize); it proves nothing, for the log or against it")
        }
        return .proved(
            "the registration of \(Quoted.text(registration.id)) with key \(Base64.encode(registration.publicKey)) and "
                + "timestamp \(registration.timestamp) is the leaf at index \(index) of the \(head.treeSize) leaves "
                + "under root \(head.root), which \(names(judged)) signed for \(log)")
    }

    private func consistency(_ first: JudgedHead, _ second: JudgedHead, _ path: [Digest]) -> Verdict {
        let (small, large) = (first.head, second.head)
        guard small.treeSize > 0, small.treeSize <= large.treeSize else {
            return .notBelieved(
                "heads: nothing is proved from size \(small.treeSize) to \(large.treeSize); "
                    + "the first must have a leaf, and no more leaves than the second")
        }
        if small.treeSize == large.treeSize, small.root != large.root {
            return .wrong(
                "the two signed heads of size \(small.treeSize) have different roots and contradict each other; "
                    + "`nexo-audit diff` makes evidence of them")
        }
        let proof = ConsistencyProof(first: small.treeSize, second: large.treeSize, path: path)
        guard proof.verifies(firstRoot: small.root, secondRoot: large.root) else {
            return .wrong(
                "the path does not lead from the signed root of size \(small.treeSize) to that of size "
                    + "\(large.treeSize); it proves nothing, for the log or against it")
        }
        return .proved(
            "the \(small.treeSize) leaves under root \(small.root), which \(names(first)) signed, are the first of the "
                + "\(large.treeSize) leaves under root \(large.root), which \(names(second)) signed for \(log)")
    }

    private var log: String {
        "the log \(Quoted.text(JSONText(verifier.trust.name))), log_id \(verifier.trust.logID)"
    }

    private func names(_ judged: JudgedHead) -> String {
        Printable.text(judged.signers.sorted().joined(separator: ", "))
    }
}
