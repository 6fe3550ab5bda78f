import Glibc

/// How a program ended.
public enum ProgramEnd: Hashable, Sendable, CustomStringConvertible {
    case exited(Int32)
    /// By a signal.
    case killed(Int32)
    /// Nobody was told.
    case unknown

    /// - Parameter status: as waitpid gives it.
    public init(status: Int32) {
        let signal = status & 0x7F
        self = signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal)
    }

    public var description: String {
        switch self {
        case .exited(let code): "exit code \(code)"
        case .killed(let signal): "signal \(signal)"
        case .unknown: "an end of which nobody was told: is SIGCHLD ignored?"
        }
    }

    /// Waits on the caller's thread until a program ends.
    ///
    /// - Parameter pid: a child that nobody waited for yet.
    public static func wait(for pid: Int32) -> ProgramEnd {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            // Where whoever started us ignores SIGCHLD, nobody is told how a child ended.
            if errno != EINTR { return .unknown }
        }
        return ProgramEnd(status: status)
    }
}
