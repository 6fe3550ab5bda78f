/// What the store remembers of a log, for the first moment of its metrics.
struct RememberedLog: Sendable {
    var position = LogPosition()
    var hasFork = false
    /// Of a poll; 0 if there was none.
    var lastSuccess: UInt64 = 0
}
