internal import CFastEd25519

/// How many signatures at once are verified. The verdicts are libsodium's in each case.
public enum Ed25519Engine: String, Sendable, CaseIterable {
    /// The fastest that this machine can run.
    case auto
    /// libsodium alone.
    case sodium
    /// Tables of each key's multiples, in portable arithmetic.
    case portable
    /// The same tables, eight signatures in lockstep with AVX-512 IFMA.
    case ifma

    /// Whether this machine can run it.
    public var isAvailable: Bool { self == .auto || self == .sodium || native.rawValue <= Self.best.rawValue }

    private static let best = fast_ed25519_best_engine()

    /// The name by which the C code knows it; none for libsodium.
    var native: fast_ed25519_engine {
        switch self {
        case .auto: Self.best
        case .sodium: FAST_ED25519_NONE
        case .portable: FAST_ED25519_PORTABLE
        case .ifma: FAST_ED25519_IFMA
        }
    }
}
