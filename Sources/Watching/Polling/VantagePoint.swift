import Foundation
import Synchronization

/// A vantage at work: what fetches through it.
struct VantagePoint: Sendable {
    let name: String
    let source: any LogSource

    /// Whose clock answers at this address: the same one through every vantage, so that it has one voice among clocks.
    static func server(of url: String) -> String { (URLComponents(string: url)?.host ?? url).lowercased() }

    /// A log's host as it is asked here, for the bounds on what one host may take.
    func host(of url: String) -> String {
        let parts = URLComponents(string: url)
        return "\(name) \(parts?.scheme ?? ""):\(Self.server(of: url)):\(parts?.port ?? 0)"
    }
}

/// What one vantage remembers of a log between polls. Lost with the process: then all is asked anew.
struct PollMemory: Sendable {
    /// Of the newest small answer that was judged to its end.
    var chain: Validators?
    /// Whether no stored head is left that may have a quorum under the trust file that is pinned now.
    var isJudgedAnew = false
    /// Whether the newest answer had no heads, not even such as cannot be read.
    var isEmpty = false
    /// Whether the log of this program says that this log shows none.
    var isToldEmpty = false
    let leaves = LeafMemory()
    /// Leaves that were read, and that no signed root vouches for yet.
    var reader: LeafReader?
    /// How far a file that is not the one that was read before was compared with what is stored.
    var rereading: Rereading?
    /// When the leaves that are stored are looked for again, where some were missing; in seconds since 1970.
    var nextRecheck: UInt64 = 0
    /// The size that the last poll left off at among the leaves; the next one takes the place of a large answer.
    var readsOn: UInt64?
}

/// How a file of registrations ended when it was last read to its end.
final class LeafMemory: Sendable {
    struct End: Sendable {
        var validators: Validators
        var offset: UInt64
    }

    private let value = Mutex<End?>(nil)

    var end: End? {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}
