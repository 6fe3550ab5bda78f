import Foundation
import HostileLog
import TransparencyLog

@testable import Watching

/// A database with made-up heads and findings, written through the store's own door.
final class StatusStoreFixture: Sendable {
    let folder: ScratchFolder
    let configuration: WatchConfiguration
    let logID: String

    init() throws {
        folder = try ScratchFolder()
        let trust = try TestLog().trust()
        logID = trust.logID
        var configuration = WatchConfiguration(
            listen: "127.0.0.1:0", store: folder.url.appending(path: "watch.db").path,
            evidence: folder.url.appending(path: "evidence").path, interval: .seconds(1), logs: [])
        configuration.logs = [
            .init(
                name: "log", url: "http://127.0.0.1:1", trust: try folder.write(trust.json.bytes(), to: "log.json"),
                leaves: nil, maxHeadAge: nil, frozen: nil)
        ]
        self.configuration = configuration
        _ = try store
    }

    /// Opened for each use: tests run all at once, and connections that nobody uses are descriptors of one process.
    var store: SQLiteStore { get throws { try SQLiteStore(path: configuration.store) } }

    var status: SQLiteStatus { get throws { try SQLiteStatus(path: configuration.store) } }

    private func step() async throws -> PollStep {
        PollStep(logID: logID, name: "log", expected: try await store.position(of: logID))
    }

    @discardableResult
    func addFindings(_ count: Int, rule: Rule = .leafMalformed, first: Int = 0) async throws -> [StoredFinding] {
        var step = try await step()
        step.findings = (first..<(first + count)).map { index in
            StoredFinding(
                Finding(rule, treeSize: UInt64(index), expected: "one", found: "another \(index)"), subject: [],
                at: 1_700_000_000)
        }
        return try await store.commit(step)
    }

    /// Verified heads, one for each size and time.
    func addHeads(_ heads: [(size: UInt64, timestamp: UInt64)], signers: Set<String> = ["cosigner_0", "cosigner_1"])
        async throws
    {
        var step = try await step()
        step.heads = heads.map { head in
            let hash = Digest.sha256(Array("\(head)\(signers.sorted())".utf8))
            return StoredHead(
                known: .init(
                    hash: hash, predecessor: .none, treeSize: head.size, root: hash, timestamp: head.timestamp,
                    signers: signers), raw: Array(#"{"made":"up"}"#.utf8), state: .verified, seenAt: head.timestamp)
        }
        if let last = step.heads.last {
            step.position.verifiedHash = last.known.hash
            step.position.verifiedSize = last.known.treeSize
            step.position.verifiedTimestamp = last.known.timestamp
        }
        _ = try await store.commit(step)
    }
}
