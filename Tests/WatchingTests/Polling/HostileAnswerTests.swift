import Foundation
import HostileLog
import Testing
import TransparencyLog

@testable import Watching

/// Every hostile answer against the real client: it ends in bounded time and memory, with a reason.
struct HostileAnswerTests {
    private static let limits: WatchConfiguration.Limits = {
        var limits = WatchConfiguration.Limits()
        limits.headerBytes = 20_000
        limits.lowSpeed = 1_000
        limits.lowSpeedTime = 1
        return limits
    }()

    @Test(.timeLimit(.minutes(2)), arguments: HostileAnswer.allCases) func itEnds(answer: HostileAnswer) async throws {
        try await RawServer.run(answer.script) { url in
            let source = try CurlLogSource(vantage: .direct, limits: Self.limits)
            defer { source.stop() }
            let request = FetchRequest(url: url + "/sth/chain", maximumBytes: 2 << 20, timeoutSeconds: 4)
            do {
                let response = try await source.get(request)
                #expect(answer.canPass && response.body.count <= 2 << 20, "\(response.status) \(response.body.count)")
                if answer.rawValue.hasPrefix("redirect") { #expect(response.status == 302 && response.body.isEmpty) }
            } catch let error as FetchError {
                #expect(!answer.rawValue.hasPrefix("redirect"), "\(error)")
                #expect(!error.detail.isEmpty)
            }
        }
    }

    /// A line of registrations that never ends, in parts that are each in order: it is not waited for.
    @Test(.timeLimit(.minutes(2))) func aLineThatNeverEnds() async throws {
        let log = try TestLog.honest(3)
        let chain = "[\(log.headLines.reversed().joined(separator: ","))]"
        try await RawServer.run { connection in
            guard connection.request.hasPrefix("GET /users.jsonl") else {
                return try await connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Length: \(chain.utf8.count)\r\nConnection: close\r\n\r\n" + chain)
            }
            try await HostileAnswer.endlessLine.script(connection)
        } _: { url in
            let harness = try WatchHarness(url: url)
            let report = try await harness.poll(log.trust())
            #expect(report.rules.contains(.leafMalformed))
        }
    }

    @Test func aLineThatIsTooLongBlocks() {
        let long = [UInt8](repeating: 0x20, count: LeafReader.maximumLineBytes)
        var reader = LeafReader(long[...], .registrations, position: LogPosition(), tree: TreeVerifier())
        #expect(reader.advance(to: 1).isEmpty && !reader.isBlocked)
        reader.refill([0x20])
        #expect(reader.advance(to: 1).map(\.rule) == [.leafMalformed] && reader.isBlocked)
        #expect(reader.advance(to: 1).isEmpty)
    }
}
