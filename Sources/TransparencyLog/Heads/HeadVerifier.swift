/// Judges one head by itself: who of the pinned cosigners signed it, whether it states the pinned policy, and whether the root is
/// one of the empty tree where it has no leaves.
public struct HeadVerifier: Sendable {
    /// A cosigner's entries beyond this many are not tried: verification costs 50 µs, and a head may carry thousands.
    static let attemptsPerCosigner = 4
    /// Unknown cosigners beyond this many are counted, but not named.
    static let unknownNamed = 8

    public let trust: TrustFile
    /// Each pinned cosigner once, in the order of findings, with the places of its entries in the trust file.
    let cosigners: [(id: String, entries: [Int])]
    let signatures: SignatureVerifier
    /// The sets of signers, by one bit for each cosigner: made once, for the few cosigners that logs have.
    private let signerSets: [Set<String>]
    private static let mostBits = 6

    /// - Parameters:
    ///   - engine: how signatures are verified; the verdicts do not depend on it.
    ///   - keepsTables: whether tables for the pinned keys outlive a call for many heads: up to 0.5 MiB a key.
    public init(trust: TrustFile, engine: Ed25519Engine = .auto, keepsTables: Bool = true) {
        self.trust = trust
        cosigners = Set(trust.cosigners.map(\.id)).sorted().map { id in
            (id, trust.cosigners.indices.filter { trust.cosigners[$0].id == id })
        }
        signatures = SignatureVerifier(
            publicKeys: trust.cosigners.map(\.publicKey), engine: engine, keepsTables: keepsTables)
        let ids = cosigners.map(\.id)
        signerSets =
            ids.count > Self.mostBits
            ? [] : (0..<1 << ids.count).map { bits in Set(ids.indices.filter { bits >> $0 & 1 == 1 }.map { ids[$0] }) }
    }

    /// The verdict on one head.
    public func verify(_ head: SignedTreeHead) -> JudgedHead { verify([head], with: nil)[0] }

    /// The verdicts on some heads, on the caller's task.
    func verify(_ heads: some Collection<SignedTreeHead>, with tables: [Ed25519Table?]?) -> [JudgedHead] {
        var judged = heads.map(begin)
        var questions: [SignatureVerifier.Question] = []
        for judged in judged { ask(about: judged, &questions) }
        let tables = tables ?? trust.cosigners.map { _ in nil }
        var verdicts = signatures.verdicts(on: questions, with: tables)[...]
        for index in judged.indices { finish(&judged[index], &verdicts) }
        return judged
    }

    /// Hashes a head, which is what was signed.
    private func begin(_ head: SignedTreeHead) -> JudgedHead {
        do {
            return JudgedHead(
                head: head, hash: try head.hash(trust.canonical), signers: [], signaturesChecked: 0, findings: [])
        } catch {
            // Only a number in an unknown member can be beyond every canonical form.
            return JudgedHead(
                head: head, hash: nil, signers: [], signaturesChecked: 0,
                findings: [
                    Finding(
                        .headMalformed, treeSize: head.treeSize, expected: "a value with a canonical form",
                        found: error.reason)
                ])
        }
    }

    /// Whether anything of a head's signatures is left to be asked.
    private func isOpen(_ judged: JudgedHead) -> Bool { judged.hash != nil && !judged.head.signatures.isEmpty }

    /// The signatures under a cosigner's name that are tried.
    func attempts(_ id: String, _ head: SignedTreeHead) -> some Sequence<SignedTreeHead.Signature> {
        head.signatures.lazy.filter { $0.cosigner == id }.prefix(Self.attemptsPerCosigner)
    }

    /// Whether the window of an entry of the trust file covers a head.
    func isCandidate(_ entry: Int, _ head: SignedTreeHead) -> Bool {
        trust.signs(trust.cosigners[entry], at: head.treeSize)
    }

    /// One question for each signature that is tried and each key that it may be by.
    private func ask(about judged: JudgedHead, _ questions: inout [SignatureVerifier.Question]) {
        guard isOpen(judged), let message = judged.hash else { return }
        for (id, entries) in cosigners {
            for signature in attempts(id, judged.head) {
                guard let bytes = signature.signature else { continue }
                for key in entries where isCandidate(key, judged.head) {
                    questions.append(.init(key: key, signature: bytes, message: message))
                }
            }
        }
    }

    /// Takes the answers in the order in which `ask` put the questions.
    private func finish(_ judged: inout JudgedHead, _ verdicts: inout ArraySlice<Bool>) {
        let head = judged.head
        // The one root that needs no leaves.
        if let finding = TreeVerifier.checkEmpty(head) { judged.findings.append(finding) }
        if head.signatures.isEmpty, judged.hash != nil {
            judged.report(.headUnsigned, expected: "\(trust.policy.t) signatures", found: "no signatures")
        }
        guard isOpen(judged) else { return }
        var bits = 0
        for (index, (id, entries)) in cosigners.enumerated() {
            var failures: [SignedTreeHead.Signature] = []
            for signature in attempts(id, head) {
                judged.signaturesChecked += 1
                var isValid = false
                if signature.signature != nil {
                    for key in entries where isCandidate(key, head) {
                        if verdicts.popFirst() == true { isValid = true }
                    }
                }
                if !isValid {
                    failures.append(signature)
                } else if signerSets.isEmpty {
                    judged.signers.insert(id)
                } else {
                    bits |= 1 << index
                }
            }
            if !failures.isEmpty { report(failures, by: id, entries, &judged) }
            let count = head.signatures.count { $0.cosigner == id }
            if count > 1 {
                judged.report(.cosignerRepeated, expected: "one signature by \(id)", found: "\(count)")
            }
        }
        if !signerSets.isEmpty { judged.signers = signerSets[bits] }
        reportUnknown(&judged)
        if head.policy != trust.policy {
            judged.report(
                .policyMismatch, expected: trust.policy.description, found: head.policy?.description ?? "no policy")
        }
    }

    private func report(
        _ failures: [SignedTreeHead.Signature], by id: String, _ entries: [Int], _ judged: inout JudgedHead
    ) {
        let keys = entries.filter { isCandidate($0, judged.head) }.map { trust.cosigners[$0].publicKey }
        guard let failure = failures.first(where: { $0.bytes != nil }) ?? failures.first else { return }
        let why = explanation(of: failure, head: judged.head, message: judged.hash?.bytes ?? [], keys: keys)
        let count = judged.head.signatures.count { $0.cosigner == id }
        judged.report(
            .signatureInvalid, expected: "a valid signature by \(id)",
            found: keys.isEmpty
                ? "a signature outside the windows of \(id)'s keys"
                : "\(failures.count) of \(count) that does not verify\(why)")
    }

    private func reportUnknown(_ judged: inout JudgedHead) {
        let unknown = judged.head.signatures.filter { signature in
            !cosigners.contains { $0.id == signature.cosigner }
        }
        guard !unknown.isEmpty else { return }
        let names = unknown.prefix(Self.unknownNamed)
            .map { String(($0.cosigner ?? "an entry without a cosigner's name").prefix(40)) }
            .joined(separator: ", ")
        judged.report(
            .cosignerUnknown, expected: "pinned cosigners",
            found: "\(unknown.count) by others: \(names)\(unknown.count > Self.unknownNamed ? ", …" : "")")
    }

    /// Whether these signers are a quorum.
    public func isQuorum(_ signers: Set<String>) -> Bool { UInt64(signers.count) >= trust.policy.t }

    /// A smaller head and a larger one that a checker of evidence believes together: some cosigner signed both, or a quorum each.
    ///
    /// Signatures may add up over several heads of one size and root, while evidence shows one head of each side.
    ///
    /// - Parameters:
    ///   - smaller: heads of one size and root.
    ///   - larger: likewise.
    public func believed(
        _ smaller: [ChainVerifier.Known], _ larger: [ChainVerifier.Known]
    ) -> (smaller: ChainVerifier.Known, larger: ChainVerifier.Known)? {
        for other in larger {
            let one = smaller.first {
                !$0.signers.isDisjoint(with: other.signers) || isQuorum($0.signers) && isQuorum(other.signers)
            }
            if let one { return (one, other) }
        }
        return nil
    }

    /// The finding that holds for every head of a log in this dialect; nil where the policy is signed.
    public var standingFinding: Finding? {
        guard trust.canonical == .shallow else { return nil }
        return Finding(
            .policyUnsigned, expected: "the policy's members under the signatures",
            found: "the dialect shallow, which hashes \"policy\":{}")
    }
}

/// A head with what was found out about it alone.
public struct JudgedHead: Hashable, Sendable {
    public let head: SignedTreeHead
    /// Nil if the head has no canonical form, and so no hash.
    public let hash: Digest?
    /// The pinned cosigners with a valid signature.
    public internal(set) var signers: Set<String>
    public internal(set) var signaturesChecked: Int
    public internal(set) var findings: [Finding]

    mutating func report(_ rule: Rule, expected: String, found: String) {
        findings.append(Finding(rule, treeSize: head.treeSize, expected: expected, found: found))
    }
}
