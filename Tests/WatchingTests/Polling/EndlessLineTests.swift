import Foundation
import HostileLog
import Testing
import TransparencyLog

@testable import Watching

struct EndlessLineTests {
    /// A line of registrations that never ends, in parts that are each in order: it is not waited for.
    @Test(.timeLimit(.minutes(2))) func aLineThatNeverEnds() async throws {
        let log = try TestLog.honest(3)
        let chain = "[\(log.headLines.reversed().joined(separator: ","))]"
        try await RawServer.run { connection in
            guard connection.request.hasPrefix("GET /users.jsonl") else {
                return try await connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Length: \(chain.utf8.count)\r\nConnection: close\r\n\r\n" + chain)
            }
            let line = String(repeating: "x", count: 1 << 20)
            let start = connection.rangeStart ?? 0
            try await connection.send(
                "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes \(start)-\(start + line.utf8.count - 1)/*\r\n"
                    + "Content-Length: \(line.utf8.count)\r\nConnection: close\r\n\r\n\(line)")
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
