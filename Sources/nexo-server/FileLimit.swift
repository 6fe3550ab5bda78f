import Glibc

/// How many files and sockets the process may have open.
enum FileLimit {
    /// Takes all that the system grants: each relay session is one, and the usual soft limit is 1,024.
    static func raise() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        // If it is refused, the old limit stands, and connections beyond it wait.
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
