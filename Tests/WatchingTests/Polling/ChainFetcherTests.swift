import HostileLog
import Testing
import TransparencyLog

@testable import Watching

/// What one answer of /sth/chain may cost, whoever sends it.
struct ChainFetcherTests {
    private struct Source: LogSource {
        let body: String

        func get(_ request: FetchRequest) async throws(FetchError) -> FetchResponse {
            FetchResponse(status: 200, body: Array(body.utf8))
        }
    }

    private static func fetch(
        _ body: String, _ change: (inout WatchConfiguration.Limits) -> Void = { _ in }
    ) async throws -> ChainFetcher.Answer {
        var limits = WatchConfiguration.Limits()
        change(&limits)
        let fetcher = ChainFetcher(source: Source(body: body), url: "http://log.example", limits: limits)
        return try await fetcher.fetch(meets: { _ in false }, grows: {}, spend: { _ in })
    }

    /// A server that knows no limit may give more heads than it was asked for, up to what it might have been asked for.
    @Test func moreHeadsThanAnyAnswerMayHave() async throws {
        let all = try TestLog.honest(40).headLines.reversed()
        let body = "[\(all.joined(separator: ","))]"
        #expect(try await Self.fetch(body) { $0.chainHeads = 40 }.elements.count == 40)
        let error = try await #require(throws: FetchError.self) { try await Self.fetch(body) { $0.chainHeads = 39 } }
        #expect(error.reason == .tooLarge && error.detail.contains("more than 39 heads"))
    }

    /// Whatever stands in an answer is counted: a number costs its sender two bytes.
    @Test func numbersInThePlaceOfHeads() async throws {
        let body = "[\(Array(repeating: "0", count: 1_001).joined(separator: ","))]"
        await #expect(throws: FetchError.self) { try await Self.fetch(body) { $0.chainHeads = 1_000 } }
    }

    /// Whether an answer goes back far enough is not read from a head that is longer than any may be.
    @Test func aHeadThatIsTooLongIsNotRead() async throws {
        let first = try TestLog.honest(1).headLines[0]
        let long = "{\"x\":[\(Array(repeating: "0", count: 1_000).joined(separator: ","))],\(first.dropFirst())"
        for (bytes, isRead) in [(1_000, false), (4_000, true)] {
            let answer = try await Self.fetch("[\(long)]") {
                $0.chainHeads = 1
                $0.headBytes = bytes
            }
            #expect(answer.isComplete == isRead)
        }
    }
}
