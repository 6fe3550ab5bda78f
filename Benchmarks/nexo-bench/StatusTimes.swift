import TransparencyLog
import Watching

/// How long the status site's questions take, each put through the site's own connections.
struct StatusTimes {
    private let status: SQLiteStatus

    init(path: String) throws { status = try SQLiteStatus(path: path) }

    /// Seconds of each question, asked of each log several times.
    func measure(logs: [String], from start: UInt64, to end: UInt64) async throws -> [(String, [Double])] {
        // As many as a chart has.
        let points = (0..<240).map { start + (end - start) * UInt64($0) / 240 }
        let middle = UInt64(1_000)
        return [
            ("all logs at a glance", try await time(logs) { _ in try await status.logs(logs).count }),
            ("times of polls", try await time(logs) { _ in try await status.polls(logs).count + 1 }),
            ("a chart's 240 points", try await time(logs) { try await status.samples(of: $0, at: points).count }),
            (
                "the newest 1,000 signers",
                try await time(logs) { try await status.newestHeads(of: $0, limit: 1_000).count }
            ),
            (
                "the newest 100 heads",
                try await time(logs) {
                    try await status.heads(of: $0, treeSize: nil, page: .init(limit: 100)).count
                }
            ),
            (
                "the heads of one size",
                try await time(logs) {
                    try await status.heads(of: $0, treeSize: middle, page: .init(limit: 100)).count
                }
            ),
            (
                "findings of a log",
                try await time(logs) { try await status.findings(of: $0, rule: nil, page: .init(limit: 100)).count + 1 }
            ),
            ("open alerts", try await time(logs) { try await status.openAlerts(of: $0, limit: 100).count + 1 }),
        ]
    }

    /// - Parameter ask: how much was answered, which may not be nothing.
    private func time(_ logs: [String], _ ask: (String) async throws -> Int) async throws -> [Double] {
        var times: [Double] = []
        for _ in 0..<5 {
            for log in logs {
                let begun = ContinuousClock.now
                let count = try await ask(log)
                times.append((ContinuousClock.now - begun) / .seconds(1))
                guard count > 0 else { throw Nothing() }
            }
        }
        return times
    }

    private struct Nothing: Error, CustomStringConvertible {
        let description = "the status site's question has no answer; the store was not filled"
    }
}

extension [Double] {
    /// The value that a share of them does not exceed.
    func quantile(_ share: Double) -> Double {
        let sorted = sorted()
        return isEmpty ? 0 : sorted[Swift.min(Int(Double(count) * share), count - 1)]
    }
}
