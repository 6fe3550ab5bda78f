import Pages

/// How a log stands, the worst first: what people see before anything else.
public enum LogHealth: String, CaseIterable, Sendable, Comparable {
    /// An open violation.
    case violation
    /// The newest poll failed.
    case failing
    /// Not polled for long, or nothing verified yet: nothing can be said.
    case unknown
    /// The newest verified head is older than the limit for this log.
    case stale
    /// An open alert says that something could not be checked.
    case unchecked
    case warning
    case ok

    public static func < (left: LogHealth, right: LogHealth) -> Bool { left.rank < right.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// 0 well, 1 violation, 3 cannot say.
    public var exitCode: Int32 {
        switch self {
        case .violation: 1
        case .failing, .unknown, .stale, .unchecked: 3
        case .warning, .ok: 0
        }
    }

    var tone: Tone {
        switch self {
        case .violation: .bad
        case .failing, .unknown, .stale, .unchecked, .warning: .warn
        case .ok: .good
        }
    }
}
