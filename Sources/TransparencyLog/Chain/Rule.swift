/// Every rule that a log can break, as a closed list. The raw value is the rule id that scripts and dashboards rely on.
public enum Rule: String, CaseIterable, Sendable {
    case headMalformed = "head-malformed"
    case headUnsigned = "head-unsigned"
    case quorumNotMet = "quorum-not-met"
    case signatureInvalid = "signature-invalid"
    case cosignerUnknown = "cosigner-unknown"
    case cosignerRepeated = "cosigner-repeated"
    case policyMismatch = "policy-mismatch"
    case policyUnsigned = "policy-unsigned"
    case timestampFuture = "timestamp-future"
    case timestampRegressed = "timestamp-regressed"
    case headStale = "head-stale"
    case linkBroken = "link-broken"
    case chainGap = "chain-gap"
    case sizeRegressed = "size-regressed"
    case sameSizeDifferentRoot = "same-size-different-root"
    case branch
    case inconsistent
    case rootMismatch = "root-mismatch"
    case emptyRootUnknown = "empty-root-unknown"
    case leafMalformed = "leaf-malformed"
    case leafHashMismatch = "leaf-hash-mismatch"
    case leavesMissing = "leaves-missing"
    case leavesChanged = "leaves-changed"
    case splitView = "split-view"
    case logIdentityChanged = "log-identity-changed"
    case frozenLogMoved = "frozen-log-moved"
    case keyChanged = "key-changed"

    public var severity: Severity {
        switch self {
        case .headMalformed, .headUnsigned, .quorumNotMet, .policyMismatch, .linkBroken, .sizeRegressed,
            .sameSizeDifferentRoot, .branch, .inconsistent, .rootMismatch, .emptyRootUnknown, .leafHashMismatch,
            .leavesChanged, .splitView, .frozenLogMoved:
            .violation
        case .chainGap, .leavesMissing, .leafMalformed: .unchecked
        case .signatureInvalid, .cosignerUnknown, .cosignerRepeated, .policyUnsigned, .timestampFuture,
            .timestampRegressed, .headStale, .logIdentityChanged, .keyChanged:
            .warning
        }
    }

    /// One line for people who meet the rule in an alert.
    public var documentation: String {
        switch self {
        case .headMalformed: "A head is not the JSON, or has not the members, that the wire format asks for."
        case .headUnsigned: "A head carries no signatures, and so can never reach a quorum."
        case .quorumNotMet: "Fewer distinct pinned cosigners than the quorum asks for signed a head validly."
        case .signatureInvalid: "A pinned cosigner's signature does not verify under libsodium's rule."
        case .cosignerUnknown:
            "A head carries signatures by cosigners that the trust file does not pin; they count for nothing."
        case .cosignerRepeated: "A cosigner signed a head more than once; it counts once."
        case .policyMismatch: "A head states another quorum than the pinned one, which is the one that counts."
        case .policyUnsigned:
            "The log's dialect leaves the policy's members out of the hash, so that anybody can edit them."
        case .timestampFuture: "A head's timestamp lies further ahead of the checker's clock than is allowed."
        case .timestampRegressed: "A head's timestamp lies before that of the head before it."
        case .headStale: "The newest verified head is older than the limit for this log."
        case .linkBroken: "A head's prev_hash is not the hash of the head before it."
        case .chainGap: "The head that this one continues is not at hand, so that the link could not be checked."
        case .sizeRegressed: "A head has fewer leaves than the head that it continues."
        case .sameSizeDifferentRoot: "Two signed heads of one size have different roots: the log shows two trees."
        case .branch: "Two quorum heads continue one head: the log shows two histories."
        case .inconsistent: "A smaller signed tree is no prefix of a larger one."
        case .rootMismatch: "The leaves that the log serves do not hash to the root that it signed."
        case .emptyRootUnknown: "A head of size 0 has a root that is neither of the two known empty roots."
        case .leafMalformed: "A registration cannot be read, so that roots behind it could not be checked."
        case .leafHashMismatch: "A registration's stored leaf_hash is not the hash of its members."
        case .leavesMissing:
            "Fewer registrations are at hand than a head covers, so that its root could not be checked."
        case .leavesChanged: "A registration that was seen before is now another."
        case .splitView: "Two places are shown different heads of one log."
        case .logIdentityChanged: "The log at this address answers with heads of another identity."
        case .frozenLogMoved: "A log that is pinned as frozen shows anything but its last head."
        case .keyChanged: "An id was registered under a key that is not the one it had before."
        }
    }
}

/// What a finding means for the verdict.
public enum Severity: String, CaseIterable, Sendable {
    /// The log broke a promise: exit code 1.
    case violation
    /// Something could not be checked: exit code 3, unless there is a violation.
    case unchecked
    /// Worth knowing: exit code 0, or 1 where the caller is strict.
    case warning
}
