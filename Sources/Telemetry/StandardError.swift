import Glibc

/// The usual sink of log lines.
enum StandardError {
    /// Writes the line and its newline in one call, so that lines of several threads do not mix.
    ///
    /// A failure is ignored: there is nowhere left to report it.
    static func write(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count > 0 { written += count } else if errno != EINTR { return }
        }
    }
}
