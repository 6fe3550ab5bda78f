import LogFiles
import TransparencyLog

/// What an input has of one head.
enum HeadEntry: Sendable {
    case line(JSONLine)
    /// A watcher's retention keeps of it what others continue; it was verified once, and cannot be again.
    case thinned(ChainVerifier.Known)
    /// Before the next one, heads may be missing that the watcher was not shown.
    case unread
}
