import Synchronization
import Telemetry

/// The connection to a cosigner at another party: one question after the other, each within a time and a size.
///
/// An actor on a queue of its own, like those that write to the disk: its calls wait for the network.
actor CosignerConnection {
    struct Answer: Sendable {
        var status: Int
        var body: [UInt8]
        /// How long it took.
        var spent: Duration
    }

    /// Why there is no answer.
    struct Failure: TracedFailure, CustomStringConvertible {
        let description: String
        let failureKind: String
    }

    private let executor = DiskExecutor(label: "nexo-server.remote-cosigner")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Questions that are under way, or wait for those.
    private nonisolated let questions = Atomic(0)
    /// The largest size that the cosigner is known to have signed. It says so, if that is another.
    nonisolated let signed = Atomic<UInt64>(0)

    private let url: String
    private let token: String
    private let patience: Duration
    private let maximumBytes: Int
    private var transfer: CosignerTransfer?
    /// Whether a connection may be open from the question before.
    private var hasAnswered = false

    /// - Parameters:
    ///   - patience: for a whole exchange, however its bytes come.
    ///   - maximumBytes: of an answer, its headers among them.
    init(url: String, token: String, patience: Duration, maximumBytes: Int) {
        self.url = url
        self.token = token
        self.patience = patience
        self.maximumBytes = maximumBytes
    }

    /// Takes a turn, which `giveBack` ends.
    ///
    /// - Returns: false, where an answer is owed and that is not to be waited for.
    nonisolated func take(waits: Bool) -> Bool {
        if waits {
            questions.add(1, ordering: .acquiringAndReleasing)
            return true
        }
        return questions.compareExchange(expected: 0, desired: 1, ordering: .acquiringAndReleasing).exchanged
    }

    nonisolated func giveBack() { questions.subtract(1, ordering: .acquiringAndReleasing) }

    /// - Parameter spent: how much of the patience an earlier part of the exchange took.
    func post(_ question: [UInt8], spent: Duration = .zero) throws(Failure) -> Answer {
        if transfer == nil {
            transfer = CosignerTransfer(url: url, token: token, maximumBytes: maximumBytes)
        }
        guard let transfer else { throw Failure(description: "libcurl cannot be initialised", failureKind: "failed") }
        let begun = ContinuousClock.now
        do {
            let answer = try transfer.post(question, within: patience - spent)
            hasAnswered = true
            return answer
        } catch {
            guard hasAnswered, error.failureKind == "failed" else { throw error }
            // The other side may have closed the connection just then. Asked twice, it signs nothing that it would not.
            hasAnswered = false
            let lost = ContinuousClock.now - begun
            var answer = try transfer.post(question, within: patience - spent - lost)
            answer.spent += lost
            return answer
        }
    }
}
