public import LogFiles
import Logging
import Tracing
public import TransparencyLog

/// The log itself: registrations in, signed tree heads out.
///
/// An actor, so that two registrations at once can never fork the log. What it shows is durable, and so is what it
/// answers: a registration and the head that covers it are on the disk before.
public actor LogService {
    /// Why a registration was not taken, or not published.
    public enum Refusal: Error, Hashable, Sendable {
        /// As many wait as may wait.
        case busy
        /// The disk refused it; it is not in the log.
        case notStored(String)
        /// It is in the log, but no head covers it yet: the disk refused the head, or too few cosigners signed it.
        case notPublished(String)
        /// The server stops.
        case closed
    }

    /// What became of a registration.
    public struct Receipt: Hashable, Sendable {
        public let index: UInt64
        /// The head that covers it.
        public let head: [UInt8]
        /// The size of the head that covers it, which ends with it.
        public var treeSize: UInt64 { index + 1 }
    }

    struct Waiting {
        let registration: Registration
        let leaf: Digest
        let continuation: CheckedContinuation<Receipt, any Error>
    }

    /// How long registrations that no head covers wait until a head is tried again, at first and at most.
    public struct Retries: Sendable {
        public var first = Duration.seconds(10)
        public var most = Duration.seconds(300)

        public init() {}
    }

    public nonisolated let trustFile: TrustFile
    nonisolated let storage: JSONLStorage
    nonisolated let now: @Sendable () -> UInt64
    let cosigning: any Cosigning
    let maximumWaiting: Int
    let retries: Retries
    let logger = Logger(label: "nexo-server.log")
    /// Tries a head again.
    var retry: Task<Void, Never>?
    var retryPause: Duration
    var waiting: [Waiting] = []
    var isCommitting = false
    var isClosed = false
    var tree: MerkleTree
    var index: RegistrationIndex
    /// Registrations that a head covers.
    var covered: UInt64
    var previous: Digest?
    public internal(set) var headsCount: Int
    public internal(set) var lastHeadTimestamp: UInt64
    public internal(set) var latestHead: [UInt8]?

    /// - Parameters:
    ///   - maximumWaiting: registrations that may wait for the disk; more are refused.
    ///   - retries: of heads that could not be published.
    ///   - now: the clock, in seconds since 1970.
    public init(
        _ folder: LogFolder, cosigning: any Cosigning, maximumWaiting: Int = 10_000, retries: Retries = Retries(),
        now: @escaping @Sendable () -> UInt64
    ) async throws {
        trustFile = folder.trust
        storage = folder.storage
        // Our own keys sign in their windows of the folder's trust file.
        self.cosigning = (cosigning as? CosignerKeys)?.under(folder.trust) ?? cosigning
        self.maximumWaiting = maximumWaiting
        self.retries = retries
        retryPause = retries.first
        self.now = now
        tree = folder.tree
        index = folder.index
        covered = folder.newest?.treeSize ?? 0
        previous = try folder.newest?.hash(folder.trust.canonical)
        headsCount = folder.headsCount
        lastHeadTimestamp = folder.newest?.timestamp ?? 0
        latestHead = folder.newestLine
        // A crash between the two files, or cosigners that were away, left registrations without a head.
        guard tree.size > covered else { return }
        do { try await publish([tree.size]) } catch let error as TooFewCosigners {
            // What is published can be read meanwhile.
            tellThatSomeWait(error)
            publishLater()
        }
    }

    public var usersCount: UInt64 { tree.size }

    /// Adds a registration, and publishes the head that covers it.
    ///
    /// Registrations that come while the disk is busy are written together: a thousand at once cost a few syncs.
    public func register(_ registration: Registration) async throws -> Receipt {
        guard !isClosed else { throw Refusal.closed }
        guard waiting.count < maximumWaiting else { throw Refusal.busy }
        let leaf = registration.leafHash
        return try await withCheckedThrowingContinuation { continuation in
            waiting.append(Waiting(registration: registration, leaf: leaf, continuation: continuation))
            guard !isCommitting else { return }
            isCommitting = true
            // A batch is of many requests, and in nobody's trace.
            Task { await InstrumentationContext.withValue(.topLevel) { await commitAll() } }
        }
    }

    /// Takes no more registrations, and waits for those that were taken.
    public func close() async {
        isClosed = true
        retry?.cancel()
        while isCommitting { await withCheckedContinuation { closing.append($0) } }
    }

    /// Notes how far the chain was audited, for the next start.
    public func writeMark() async throws(LogFileError) { try await storage.writeMark() }

    var closing: [CheckedContinuation<Void, Never>] = []
}
