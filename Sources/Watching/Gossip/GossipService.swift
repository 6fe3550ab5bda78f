import Foundation
import Logging
import Telemetry
import Tracing
import TransparencyLog

/// Gossip at work: one task a peer, one that compares what was heard, and one that vouches for what is verified.
struct GossipService: Sendable {
    let configuration: WatchConfiguration.Gossip
    let desk: GossipDesk
    let peers: [GossipPeer]
    private let sources: [CurlLogSource]
    private let key: CosignerSigningKey?
    private let record: SigningRecord?
    private let ground: WatchGround
    private let metrics: GossipMetrics
    private let limiter: SubmissionLimiter
    private let isBehindProxy: Bool
    private let maximumWait: Duration
    private var clock: ClockWatch { ground.clock }
    private var logger: Logger { ground.logger }

    /// Changes nothing that a running watcher shows.
    ///
    /// - Returns: nil where no gossip is configured.
    init?(_ configuration: WatchConfiguration, logs: [LogWatcher], on ground: WatchGround) throws {
        guard let gossip = configuration.gossip else { return nil }
        self.configuration = gossip
        self.ground = ground
        let metrics = GossipMetrics(ground.metrics)
        self.metrics = metrics
        key = try gossip.signingKey()
        record = key.map { SigningRecord(store: configuration.store, key: $0.publicKey) }
        desk = GossipDesk(
            logs: Dictionary(uniqueKeysWithValues: logs.map { ($0.log.logID, $0) }),
            store: try ground.gossip.store(), limits: gossip.limits, metrics: metrics,
            logger: ground.logger)
        limiter = SubmissionLimiter(gossip.limits)
        isBehindProxy = configuration.status.isBehindProxy
        maximumWait = .seconds(configuration.limits.backoffMax)
        // Last: they have threads.
        let sources = try CurlLogSource.shared(among: gossip.peers.map(\.vantage), limits: configuration.limits)
        self.sources = Array(sources.values)
        peers = gossip.peers.compactMap { peer in
            sources[peer.vantage.transport].map { source in
                GossipPeer(peer: peer, source: source, limits: gossip.limits) { bytes in
                    metrics.received(bytes, of: peer.name)
                }
            }
        }
    }

    /// Makes the series of peers and logs; those of the service before this one go on.
    ///
    /// - Parameter logs: the names of those that go on.
    func prepare(after previous: GossipService?, logs: Set<String>) {
        metrics.prepare(
            configuration.peers.map(\.name), desk.logs.values.map(\.log), vouches: key != nil,
            knownPeers: Set(previous?.configuration.peers.map(\.name) ?? []),
            knownLogs: previous?.key == nil ? [] : logs)
    }

    var api: GossipAPI { GossipAPI(desk: desk, key: key?.publicKey, limiter: limiter, isBehindProxy: isBehindProxy) }

    func stop() { for source in sources { source.stop() } }

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let patience = Duration.seconds(configuration.limits.timeout) + LoopPulse.leeway
            for peer in peers {
                group.addTask {
                    try await ground.pulses.watch("gossip with \(peer.name)", patience: patience) {
                        try await gossip(with: peer)
                    }
                }
            }
            group.addTask {
                try await ground.pulses.watch("gossip", patience: patience) { try await inEachRound(settle) }
            }
            // By itself: a log that answers slowly when it is asked for a proof must not make others look stale.
            guard key != nil else { return try await group.waitForAll() }
            group.addTask {
                try await ground.pulses.watch("vouching", patience: patience) {
                    try await inEachRound {
                        do { try await vouch() } catch { try report("nothing can be vouched for", error) }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func gossip(with peer: GossipPeer) async throws {
        var pace = PollPace(interval: configuration.interval, maximum: maximumWait)
        while !Task.isCancelled {
            LoopPulse.current?.works()
            let wait: Duration
            do {
                try await round(with: peer)
                wait = pace.afterSuccess()
            } catch {
                if error.isStoreDamage { throw error }
                wait = pace.afterFailure(retryAfter: (error as? FetchError)?.retryAfter)
            }
            LoopPulse.current?.sleeps(for: wait)
            try? await Task.sleep(for: wait)
        }
    }

    func round(with peer: GossipPeer) async throws {
        do {
            try await withEdgeSpan("gossip round", ofKind: .internal, ["nexo.peer": .string(peer.name)]) { _ in
                try await desk.round(with: peer)
            }
            desk.metrics.succeeded(peer.name, at: clock.now())
        } catch {
            if !Task.isCancelled {
                desk.metrics.failed(peer.name, (error as? FetchError)?.reason ?? .other)
                logger.warning(
                    "a round of gossip failed", metadata: ["peer": "\(peer.name)", "error": "\(error)"])
            }
            throw error
        }
    }

    /// What was heard, compared with what is verified by now.
    private func settle() async throws {
        var late: [GossipDesk.InTurn] = []
        for log in desk.logs.values {
            LoopPulse.current?.works()
            try await desk.begin({ try await settle(log, $0) }, &late)
        }
        _ = try await desk.finish(late)
    }

    private func settle(_ log: LogWatcher, _ limits: GossipLimits) async throws {
        do {
            try await desk.store.checkEvidence(of: log.log)
            try await desk.settleHeard(log, limits)
        } catch let error as TimeLimit.Exceeded { throw error } catch {
            try report("what was heard cannot be compared", error, log: log.log.name)
        }
    }

    private func inEachRound(_ work: () async throws -> Void) async throws {
        while !Task.isCancelled {
            LoopPulse.current?.works()
            try await work()
            let wait = configuration.interval * Double.random(in: 0.95...1.05)
            LoopPulse.current?.sleeps(for: wait)
            try? await Task.sleep(for: wait)
        }
    }

    private func report(_ message: Logger.Message, _ error: any Error, log: String? = nil) throws {
        if Task.isCancelled { return }
        if error.isStoreDamage { throw error }
        var metadata: Logger.Metadata = ["error": "\(error)"]
        metadata["log"] = log.map { "\($0)" }
        logger.error(message, metadata: metadata)
    }

    /// Vouches for the newest verified heads.
    func vouch() async throws {
        guard let key, let record else { return }
        let outcomes: [String: VouchOutcome]
        do {
            outcomes = try await desk.store.vouch(
                key, for: Array(desk.logs.keys), record: record, keeping: configuration.limits.checkpoints,
                at: clock.now())
        } catch let lost as SigningRecord.Lost {
            for log in desk.logs.values { desk.metrics.showVouching(log.log, isRefused: true) }
            throw lost
        }
        for (logID, outcome) in outcomes {
            guard let log = desk.logs[logID] else { continue }
            desk.metrics.show(log.log, outcome)
            guard case .refused(let size) = outcome else { continue }
            logger.critical(
                "the log's tree does not continue what this watcher vouched for; it vouches for nothing more of it",
                metadata: ["log": "\(log.log.name)", "vouched_tree_size": "\(size)", "record": "\(record.path)"])
        }
    }
}

extension WatchConfiguration.Gossip.Peer {
    /// Peers that trust the same authorities share connections, as vantages do.
    fileprivate var vantage: WatchConfiguration.Vantage {
        var vantage = WatchConfiguration.Vantage(name: "gossip")
        vantage.caFile = caFile
        return vantage
    }
}

extension WatchConfiguration.Gossip {
    /// - Throws: `ConfigurationFile.Invalid` where the key's file holds none.
    func signingKey() throws(ConfigurationFile.Invalid) -> CosignerSigningKey? {
        guard let keyFile else { return nil }
        guard let data = FileManager.default.contents(atPath: keyFile), data.count <= 4_096 else {
            throw .init(description: "gossip.key_file: \(keyFile) cannot be read; nexo-watch keygen makes one")
        }
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        do { return try CosignerSigningKey(secretText: text) } catch {
            throw .init(description: "gossip.key_file: \(keyFile): \(error)")
        }
    }
}

extension WatchConfiguration {
    /// - Throws: `ConfigurationFile.Invalid` where the key that gossip signs with cannot be used.
    public func checkGossip() throws(ConfigurationFile.Invalid) { _ = try gossip?.signingKey() }
}
