import Foundation
import HostileLog
import Synchronization
import Telemetry
import Testing
import TransparencyLog

@testable import Watching

/// Gossip over reloads of the configuration.
struct GossipReloadTests {
    private static let quiet: ScriptedServer.Script = { question in
        .init(question.path == "/gossip/v1/heads" ? #"{"heads":[]}"# : #"{"evidence":[]}"#)
    }

    private static func key(_ name: String) throws -> CosignerSigningKey {
        let key = try #require(Ed25519.PrivateKey.random())
        return try #require(CosignerSigningKey(name: "watch.example/\(name)", key: key))
    }

    /// A peer comes and goes, a key is changed and brought back, and at last there is no gossip.
    @Test func peersAndKeys() async throws {
        try await ScriptedServer.run { server, url in
            let log = try TestLog.honest(3)
            server.answer(log.script())
            try await ScriptedServer.run { first, firstURL in
                first.answer(Self.quiet)
                try await ScriptedServer.run { second, secondURL in
                    second.answer(Self.quiet)
                    let harness = try WatchHarness(url: url)
                    let keys = try ["one", "two"].map(Self.key)
                    func write(_ gossip: String, key: CosignerSigningKey? = nil) throws -> String {
                        _ = try harness.folder.write(log.trust().json.bytes(), to: "log.json")
                        if let key { _ = try harness.folder.write(Array(key.secretText.utf8), to: "watch.key") }
                        return try harness.folder.write(
                            """
                            listen: 127.0.0.1:0
                            store: watch.db
                            interval: 100ms
                            logs: [{name: log, url: "\(url)", trust: log.json, leaves: "\(url)/users.jsonl"}]
                            \(gossip)

                            """, to: "watch.yaml")
                    }
                    func gossip(_ peer: String, _ url: String) -> String {
                        #"gossip: {key_file: watch.key, interval: 50ms, peers: [{name: \#(peer), url: "\#(url)"}]}"#
                    }
                    let path = try write(gossip("first", firstURL), key: keys[0])
                    let configuration = try ConfigurationFile.load(path)
                    let service = try WatchService(
                        path: path, configuration: configuration, access: try StatusAccess(configuration),
                        registry: harness.registry, logger: harness.logger, readiness: Readiness(),
                        now: { 1_700_001_000 })
                    let logID = try log.trust().logID
                    @Sendable func signer() async -> String? {
                        guard let note = try? await service.gossip?.checkpoint(logID, at: nil) else { return nil }
                        return try? SignedNote(Array(note.utf8)).signatures.first?.name
                    }
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { try await service.run() }
                        #expect(await eventually { await signer() == keys[0].publicKey.name && first.asked.count > 2 })
                        #expect(second.asked.isEmpty)
                        _ = try write(gossip("second", secondURL), key: keys[1])
                        service.reload()
                        #expect(
                            await eventually { await signer() == keys[1].publicKey.name && second.asked.count > 2 })
                        // Nobody is asked who is no peer any more; each key has signed for itself.
                        let asked = first.asked.count
                        let before = second.asked.count
                        #expect(await eventually { second.asked.count > before + 4 })
                        #expect(first.asked.count == asked)
                        #expect(!harness.registry.render().contains(#"peer="first""#))
                        for key in keys {
                            let record = try SigningRecord(store: harness.store, key: key.publicKey).load()
                            #expect(record?[logID]?.treeSize == 3)
                        }
                        // A key that cannot be read changes nothing.
                        _ = try harness.folder.write("no key", to: "watch.key")
                        service.reload()
                        let isTold = await eventually {
                            harness.lines.withLock { $0.contains { $0.contains("the configuration is wrong") } }
                        }
                        #expect(isTold)
                        #expect(await signer() == keys[1].publicKey.name)
                        _ = try write("")
                        service.reload()
                        #expect(await eventually { service.gossip == nil })
                        group.cancelAll()
                    }
                }
            }
        }
    }
}
