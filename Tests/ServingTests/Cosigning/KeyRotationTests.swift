import Auditing
import Foundation
import HostileLog
import Testing
import TransparencyLog

@testable import Serving

struct KeyRotationTests {
    let server: TestServer

    init() throws { server = try TestServer() }

    func rotate(_ cosigner: Int, seed: [UInt8]? = nil, from: UInt64? = nil) async throws -> KeyRotation.Result {
        try await KeyRotation.run(
            server.folder.url, keys: server.keys(), cosigner: cosigner, seed: seed, from: from)
    }

    /// The old key signs to the end of its window, the next one from there; every head is clean, and the log is the same.
    @Test func theNextKeySignsFromItsSizeOn() async throws {
        try await server.fill(3)
        let before = try await server.open().trust
        let result = try await rotate(1, from: 6)
        #expect(result.trust.logID == before.logID)
        try await server.fill(5, named: "next")
        let report = try await server.audit()
        #expect(report.verdict == .clean && report.signaturesChecked == 24 && report.findings.isEmpty)
        let heads = try server.text("sth.jsonl").split(separator: "\n").map {
            try SignedTreeHead(JSONReader.parse(Array($0.utf8)))
        }
        for head in heads {
            let hash = try head.hash(.jcs).bytes
            let isNext = Ed25519.verifies(
                signature: head.signatures[1].bytes ?? [], message: hash, publicKey: result.publicKey)
            #expect(isNext == (head.treeSize >= 6))
        }
        // The next key in the place of the old one: the server goes on.
        let keys = server.path("keys")
        try FileManager.default.removeItem(atPath: "\(keys)/cosigner_1.sk")
        try FileManager.default.moveItem(atPath: "\(keys)/cosigner_1.next.sk", toPath: "\(keys)/cosigner_1.sk")
        try await server.fill(1, named: "last")
        #expect(try await server.audit().verdict == .clean)
        let mode = try FileManager.default.attributesOfItem(atPath: "\(keys)/cosigner_1.sk")[.posixPermissions]
        #expect(mode as? Int == 0o600)
    }

    @Test func whatIsRefused() async throws {
        try await server.fill(3)
        let trust = try server.text("trust.json")
        await #expect(throws: ConfigurationError.self) { try await rotate(1, from: 3) }
        await #expect(throws: ConfigurationError.self) { try await rotate(1, seed: [1, 2]) }
        #expect(try server.text("trust.json") == trust)
        _ = try await rotate(1)
        // Its next key waits already.
        await #expect(throws: ConfigurationError.self) { try await rotate(1, from: 9) }
    }
}
