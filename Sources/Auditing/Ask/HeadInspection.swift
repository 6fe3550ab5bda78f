public import TransparencyLog

/// One head explained: what is hashed under each dialect, who signed it, and what fails.
public struct HeadInspection: Sendable {
    public static let format = "nexo-inspect/v1"
    /// Signatures beyond this many are counted: a head of a megabyte may carry thousands.
    static let signaturesShown = 64

    /// What is hashed under a dialect.
    public struct Canonical: Sendable {
        public let dialect: CanonicalJSON
        /// Nil, with the reason, if a number has no canonical form.
        public let bytes: [UInt8]?
        public let hash: Digest?
        public let problem: String?

        init(_ head: SignedTreeHead, _ dialect: CanonicalJSON) {
            self.dialect = dialect
            do {
                let bytes = try head.canonicalBytes(dialect)
                self.bytes = bytes
                hash = .sha256(bytes)
                problem = nil
            } catch {
                bytes = nil
                hash = nil
                problem = error.reason
            }
        }
    }

    /// What became of one entry of `signatures`.
    public enum SignatureVerdict: Hashable, Sendable {
        case valid
        /// It does not verify under the pinned dialect, but does under this one.
        case validOnly(CanonicalJSON)
        case invalid
        /// Not the base64 of 64 bytes.
        case unreadable
        /// No key of this cosigner may sign at this size.
        case outsideWindows
        case unknownCosigner
        /// No trust file was given.
        case notChecked
    }

    public struct Signature: Sendable {
        public let cosigner: String?
        public let verdict: SignatureVerdict
    }

    public let head: SignedTreeHead
    public let trust: TrustFile?
    /// One for each dialect.
    public let canonical: [Canonical]
    /// In the order of the head, the first few.
    public let signatures: [Signature]
    /// The pinned cosigners who signed, sorted; nil without a trust file.
    public let signers: [String]?
    public let findings: [Finding]

    /// - Throws: `SignedTreeHead.Malformed`.
    public init(_ value: JSONValue, trust: TrustFile?) throws(SignedTreeHead.Malformed) {
        let head = try SignedTreeHead(value)
        let canonical = CanonicalJSON.allCases.map { Canonical(head, $0) }
        self.head = head
        self.trust = trust
        self.canonical = canonical
        signatures = head.signatures.prefix(Self.signaturesShown).map { signature in
            Signature(cosigner: signature.cosigner, verdict: Self.judge(signature, head, canonical, trust))
        }
        guard let trust else {
            signers = nil
            findings = [TreeVerifier.checkEmpty(head)].compactMap { $0 }
            return
        }
        let verifier = HeadVerifier(trust: trust)
        let judged = verifier.verify(head)
        signers = judged.signers.sorted()
        findings =
            [verifier.standingFinding].compactMap { $0 } + judged.findings
            + [Self.missingQuorum(judged, verifier)].compactMap { $0 }
    }

    private static func judge(
        _ signature: SignedTreeHead.Signature, _ head: SignedTreeHead, _ canonical: [Canonical], _ trust: TrustFile?
    ) -> SignatureVerdict {
        guard let bytes = signature.bytes else { return .unreadable }
        guard let trust else { return .notChecked }
        guard let id = signature.cosigner, trust.cosigners.contains(where: { $0.id == id }) else {
            return .unknownCosigner
        }
        let keys = trust.keys(at: head.treeSize).filter { $0.id == id }
        if keys.isEmpty { return .outsideWindows }
        let verified = canonical.filter { canonical in
            keys.contains { key in
                canonical.hash.map { Ed25519.verifies(signature: bytes, message: $0.bytes, publicKey: key.publicKey) }
                    ?? false
            }
        }.map(\.dialect)
        if verified.contains(trust.canonical) { return .valid }
        return verified.first.map(SignatureVerdict.validOnly) ?? .invalid
    }

    /// A head alone: signatures of other heads with this size and root may add up with its own in a chain.
    private static func missingQuorum(_ judged: JudgedHead, _ verifier: HeadVerifier) -> Finding? {
        guard !judged.head.signatures.isEmpty, !verifier.isQuorum(judged.signers) else { return nil }
        let names = judged.signers.sorted().joined(separator: ", ")
        return Finding(
            .quorumNotMet, treeSize: judged.head.treeSize,
            expected: "valid signatures by \(verifier.trust.policy.t) pinned cosigners",
            found: judged.signers.isEmpty ? "none" : "\(judged.signers.count): \(names)")
    }

    /// Whether the pinned quorum signed this head; nil without a trust file.
    public var hasQuorum: Bool? {
        guard let trust, let signers else { return nil }
        return HeadVerifier(trust: trust).isQuorum(Set(signers))
    }

    /// 0 signed by a quorum, 1 a rule is broken, 3 nothing could be checked for want of a trust file.
    public var exitCode: Int32 {
        if findings.contains(where: { $0.severity == .violation }) { return 1 }
        return trust == nil || findings.contains { $0.severity == .unchecked } ? 3 : 0
    }
}
