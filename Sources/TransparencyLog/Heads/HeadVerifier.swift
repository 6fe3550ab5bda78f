/// Judges one head by itself: who of the pinned cosigners signed it, and whether it states the pinned policy.
public struct HeadVerifier: Sendable {
    /// A cosigner's entries beyond this many are not tried: verification costs 50 µs, and a head may carry thousands.
    static let attemptsPerCosigner = 4
    /// Unknown cosigners beyond this many are counted, but not named.
    static let unknownNamed = 8

    public let trust: TrustFile

    public init(trust: TrustFile) { self.trust = trust }

    /// The verdict on one head.
    public func verify(_ head: SignedTreeHead) -> JudgedHead {
        let hash: Digest
        do { hash = try head.hash(trust.canonical) } catch {
            // Only a number in an unknown member can be beyond every canonical form.
            return JudgedHead(
                head: head, hash: nil, signers: [], signaturesChecked: 0,
                findings: [
                    Finding(
                        .headMalformed, treeSize: head.treeSize, expected: "a value with a canonical form",
                        found: error.reason)
                ])
        }
        var judged = JudgedHead(head: head, hash: hash, signers: [], signaturesChecked: 0, findings: [])
        if head.signatures.isEmpty {
            judged.report(.headUnsigned, expected: "\(trust.policy.t) signatures", found: "no signatures")
        } else {
            verifySignatures(of: &judged, message: hash.bytes)
            if head.policy != trust.policy {
                judged.report(
                    .policyMismatch, expected: trust.policy.description, found: head.policy?.description ?? "no policy")
            }
        }
        return judged
    }

    private func verifySignatures(of judged: inout JudgedHead, message: [UInt8]) {
        let keys = trust.keys(at: judged.head.treeSize)
        let pinned = Set(trust.cosigners.map(\.id))
        var entries: [String: [SignedTreeHead.Signature]] = [:]
        var unknown: [String] = []
        for signature in judged.head.signatures {
            if let id = signature.cosigner, pinned.contains(id) {
                entries[id, default: []].append(signature)
            } else {
                unknown.append(signature.cosigner ?? "an entry without a cosigner's name")
            }
        }
        for (id, signatures) in entries.sorted(by: { $0.key < $1.key }) {
            let candidates = keys.filter { $0.id == id }
            var failures: [SignedTreeHead.Signature] = []
            for signature in signatures.prefix(Self.attemptsPerCosigner) {
                judged.signaturesChecked += 1
                let isValid = candidates.contains {
                    Ed25519.verifies(signature: signature.bytes ?? [], message: message, publicKey: $0.publicKey)
                }
                if isValid { judged.signers.insert(id) } else { failures.append(signature) }
            }
            if let failure = failures.first(where: { $0.bytes != nil }) ?? failures.first {
                let why = explanation(
                    of: failure, head: judged.head, message: message, keys: candidates.map(\.publicKey))
                judged.report(
                    .signatureInvalid, expected: "a valid signature by \(id)",
                    found: candidates.isEmpty
                        ? "a signature outside the windows of \(id)'s keys"
                        : "\(failures.count) of \(signatures.count) that does not verify\(why)")
            }
            if signatures.count > 1 {
                judged.report(.cosignerRepeated, expected: "one signature by \(id)", found: "\(signatures.count)")
            }
        }
        if !unknown.isEmpty {
            let names = unknown.prefix(Self.unknownNamed).map { String($0.prefix(40)) }.joined(separator: ", ")
            judged.report(
                .cosignerUnknown, expected: "pinned cosigners",
                found: "\(unknown.count) by others: \(names)\(unknown.count > Self.unknownNamed ? ", …" : "")")
        }
    }

    /// Whether these signers are a quorum.
    public func isQuorum(_ signers: Set<String>) -> Bool { UInt64(signers.count) >= trust.policy.t }

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
