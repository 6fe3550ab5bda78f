import Foundation
import HostileLog
import Synchronization
import Testing
import TransparencyLog

@testable import Watching

/// What is bounded must not hide what matters.
struct GossipBoundsTests {
    /// Old heads, which anybody has and nothing settles without leaves, must not keep new ones out.
    @Test func oldHeadsCrowdOutNoNewOnes() async throws {
        let log = try TestLog.honest(9)
        let late = #"[\#(log.headLines[4..<8].reversed().joined(separator: ","))]"#
        var limits = GossipLimits()
        limits.heardHeads = 2
        let script: ScriptedServer.Script = { question in
            question.path == "/sth/chain" ? .init(late) : .init("no", status: 404)
        }
        try await GossipNode.alone(log, script, leaves: false, limits: limits) { node, desk, watcher in
            func submit(_ index: Int) async throws -> GossipAnswer {
                try await watcher.compare(Array(log.headLines[index].utf8), from: "submission", desk.store, desk.limits)
            }
            for index in 0..<3 { #expect(try await submit(index) == .unsettled) }
            #expect(try await submit(8) == .newer)
            // And the newest of the old ones is kept: none bars the way for good.
            let heard = try await desk.store.heard(of: log.trust().logID)
            #expect(heard.map(\.treeSize) == [3, 9])
        }
    }

    /// Each teller has room of its own; what a peer tells is the peer's, though it was submitted before.
    @Test func noTellerCrowdsOutAnother() async throws {
        let harness = try WatchHarness(url: "http://127.0.0.1:1")
        let store = try SQLiteStore(path: harness.store)
        func hear(_ size: UInt64, _ teller: String) async throws -> Bool {
            let head = HeardHead(
                hash: .sha256(Array(String(size).utf8)), treeSize: size, json: [0x7B, 0x7D], vantage: teller, at: 1)
            return try await store.hear(head, of: "log", limit: 2)
        }
        #expect(try await hear(9, "peer:a"))
        for size in 1...4 { #expect(try await hear(UInt64(size), "submission") == (size < 3)) }
        #expect(try await hear(2, "peer:a"))
        for size in 5...8 { _ = try await hear(UInt64(size), "submission") }
        let heard = try await store.heard(of: "log")
        #expect(heard.map(\.treeSize) == [1, 2, 5, 9])
        #expect(heard.map(\.vantage) == ["submission", "peer:a", "submission", "peer:a"])
    }

    /// So many proofs are enough for an operator; the first one after all were acknowledged is told all the same.
    @Test func whatComesAfterAnAcknowledgement() async throws {
        let log = try TestLog.honest(6)
        let forks = try ["x", "y"].map { name in
            var fork = log.prefix(4)
            fork.register(name)
            return try fork.publish().value.bytes()
        }
        var limits = GossipLimits()
        limits.conflicts = 1
        try await GossipNode.alone(log, log.script(), limits: limits) { node, desk, watcher in
            let logID = try log.trust().logID
            func submit(_ head: [UInt8]) async throws {
                #expect(try await watcher.compare(head, from: "submission", desk.store, desk.limits) == .conflict)
            }
            try await submit(forks[0])
            try await submit(forks[1])
            #expect(try node.harness.evidence().count == 1)
            let store = try SQLiteStore(path: node.harness.store)
            for alert in try await store.openAlerts() {
                _ = try await store.acknowledge(alert.id, .init(at: 1_700_002_000, by: "test", note: "seen"))
            }
            #expect(try await !store.hasFork(logID))
            // What was acknowledged is told no more.
            try await submit(forks[0])
            #expect(try await !store.hasFork(logID))
            let first = try await desk.store.conflicts(of: logID, limit: 1)
            try await submit(forks[1])
            #expect(try await store.hasFork(logID))
            #expect(try node.harness.evidence().count == 2)
            // It is what peers are offered, and the first one is still known.
            let offered = try await desk.store.conflicts(of: logID, limit: 1)
            #expect(offered.count == 1 && offered.map(\.conflict) != first.map(\.conflict))
            #expect(try await desk.store.holds(first[0].conflict, of: logID))
        }
    }

    /// A head that the log showed with too few signatures, and somebody else with enough: what continues it is on the wrong side.
    @Test func aHeadThatWasSeenWithoutItsQuorum() async throws {
        let log = try TestLog.honest(6)
        var lies = TestLog.Lies()
        (lies.treeSize, lies.root, lies.signers) = ("5", .sha256([0xBA]), [2])
        lies.previous = try log.heads[3].hash(log.dialect).base64
        let part = try log.text(lies)
        var shown = log
        let seen = lies
        let hash = try shown.publish { $0 = seen }.hash(log.dialect)
        lies.signers = [0, 2]
        let whole = try log.text(lies)
        try await GossipNode.alone(log, shown.script()) { node, desk, watcher in
            let store = try SQLiteStore(path: node.harness.store)
            let logID = try log.trust().logID
            let state = { try await store.heads([hash], logID: logID).first?.state }
            #expect(try await state() == .seen)
            let first = try await watcher.compare(Array(part.utf8), from: "submission", desk.store, desk.limits)
            #expect(first == .unsettled)
            let answer = try await watcher.compare(Array(whole.utf8), from: "submission", desk.store, desk.limits)
            #expect(answer == .conflict)
            #expect(try await state() == .contested)
            #expect(try node.harness.evidence().count == 1)
        }
    }

    /// A head that one cosigner alone signed proves that it lied, and takes nothing from the log's own head of that size.
    @Test func aHeadWithoutAQuorumContestsNobody() async throws {
        let log = try TestLog.honest(7)
        var shown = log
        shown.keep(heads: 5)
        shown.register("x")
        try shown.publish { ($0.root, $0.signers) = (.sha256([0xBA]), [0]) }
        let view = Mutex(shown)
        let script: ScriptedServer.Script = { question in view.withLock { $0 }.script()(question) }
        try await GossipNode.alone(log, script) { node, desk, watcher in
            let whole = Array(log.headLines[5].utf8)
            let answer = try await watcher.compare(whole, from: "submission", desk.store, desk.limits)
            #expect(answer == .conflict)
            #expect(try node.harness.evidence().map(\.kind) == [.sameSizeDifferentRoot])
            view.withLock { $0 = log }
            await node.poll()
            let store = try SQLiteStore(path: node.harness.store)
            #expect(try await store.position(of: log.trust().logID).verifiedSize == 7)
            let newest = try await watcher.compare(
                Array(log.headLines[6].utf8), from: "submission", desk.store, desk.limits)
            #expect(newest == .same)
        }
    }

    /// A log whose own answer takes long holds up neither the other logs nor those who ask.
    @Test func aBusyLogHoldsUpNobody() async throws {
        var limits = GossipLimits()
        (limits.patience, limits.latePatience) = (.milliseconds(20), .milliseconds(20))
        try await GossipNode.behind(limits: limits) { ahead in
            let node = ahead.node
            let watcher = try #require(node.watcher?.gossipService?.desk.logs.values.first)
            await watcher.turn.enter()
            try await node.expectGossip()
            #expect(node.count("gossip_skipped_total", #"peer="p""#) == 1)
            #expect(try await node.heard(ahead.log) == 0)
            await watcher.turn.leave()
            try await node.expectGossip()
            #expect(try await node.heard(ahead.log) == 1)
        }
    }

    /// A log that is busy for longer than others should wait for it is compared behind them, and before its own polls that wait.
    @Test func whatIsLateIsWaitedFor() async throws {
        var limits = GossipLimits()
        (limits.patience, limits.latePatience) = (.milliseconds(20), .seconds(600))
        try await GossipNode.behind(limits: limits) { ahead in
            let node = ahead.node
            let watcher = try #require(node.watcher?.gossipService?.desk.logs.values.first)
            await watcher.turn.enter()
            let heardAtPoll = Task {
                await watcher.turn.enter()
                defer { Task { await watcher.turn.leave() } }
                return try await node.heard(ahead.log)
            }
            let round = Task { try await node.expectGossip() }
            // One poll, and what is late of the round.
            #expect(await eventually { await watcher.turn.waiters == 2 && ahead.peer.asked.count == 2 })
            // Another poll waits behind both.
            let third = Task { await watcher.turn.enter() }
            #expect(await eventually { await watcher.turn.waiters == 3 })
            await watcher.turn.leave()
            #expect(try await heardAtPoll.value == 1)
            await third.value
            await watcher.turn.leave()
            try await round.value
            #expect(node.count("gossip_skipped_total", #"peer="p""#) == 0)
        }
    }

    /// Those who may give up, and those who wait, are let in by turns.
    @Test func byTurns() async {
        let gate = Gate(places: 1)
        await gate.enter()
        let order = Shared<[String]>([])
        var waiting: [Task<Void, Never>] = []
        for name in ["poll 1", "poll 2", "poll 3", "heard 1", "heard 2"] {
            let count = waiting.count
            waiting.append(
                Task {
                    if name.hasPrefix("poll") {
                        await gate.enter()
                    } else {
                        _ = await gate.enter(within: .seconds(600))
                    }
                    order.value.append(name)
                    await gate.leave()
                })
            #expect(await eventually { await gate.waiters == count + 1 })
        }
        await gate.leave()
        for task in waiting { await task.value }
        #expect(order.value == ["heard 1", "poll 1", "heard 2", "poll 2", "poll 3"])
    }

    /// Whoever gives up waiting for a place leaves the order of the others as it is.
    @Test func aGateThatIsLeft() async throws {
        let gate = Gate(places: 1)
        await gate.enter()
        #expect(await !gate.enter(within: .milliseconds(1)))
        async let next = gate.enter(within: .seconds(600))
        async let other = gate.enter(within: .milliseconds(1))
        let hasOther = await other
        await gate.leave()
        let hasNext = await next
        #expect(hasNext && !hasOther)
        let cancelled = Task { await gate.enter(within: .seconds(600)) }
        cancelled.cancel()
        #expect(await !cancelled.value)
        await gate.leave()
        #expect(await gate.enter(within: .seconds(600)))
    }
}
