import ArgumentParser
import Foundation
import GRDB
import TransparencyLog
import Watching

/// The store at the size of years: bytes a head, the time of a poll's commit, and of what the status site asks.
struct Store: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure the watcher's database with many heads, thinned as the default policy does.",
        discussion: "Exit codes: 0 all is reached, 1 it is not.")

    @Option(help: "The folder for the database, which is made there.")
    var folder: String

    @Option(help: "Heads of all logs together.")
    var heads = 2_000_000

    @Option(help: "Logs that they are spread over.")
    var logs = 10

    @Option(help: "Commits of one head and one leaf that are timed.")
    var commits = 1_000

    private enum Reach {
        static let year = 31_536_000.0
        static let yearBytes = 10e9
        static let commitSeconds = 0.005
        static let querySeconds = 0.05
    }

    func validate() throws {
        guard logs >= 1, heads >= logs * 1_000, commits >= 100 else {
            throw ValidationError("at least one log, 1,000 heads in each, and 100 commits are needed")
        }
    }

    func run() async throws {
        let path = URL(fileURLWithPath: folder).appending(path: "watch.db").path
        let store = try SQLiteStore(path: path)
        let policy = WatchConfiguration.Retention()
        let now = UInt64(Date().timeIntervalSince1970)
        // All of it is older than the policy keeps whole.
        let start = now - UInt64(policy.heads.components.seconds) - UInt64(heads / logs) - 86_400
        var makers = (0..<logs).map { StoredLogMaker("log\($0)") }
        try await fill(store, &makers, from: start)
        let whole = Double(try Self.usedBytes(path)) / Double(heads)
        try await thin(store, policy, now: now)
        let thinned = Double(try Self.usedBytes(path)) / Double(heads)
        let young = Double(policy.heads.components.seconds)
        let year = thinned * Reach.year + (whole - thinned) * young
        print(
            Self.line("bytes a head", whole, "before retention"), Self.line("bytes a head", thinned, "after it"),
            Self.line("GB for a head a second for a year, the last 30 days whole", year / 1e9, "(at most 10)"),
            separator: "\n")
        let sync = try Self.syncSeconds(in: folder)
        print(Self.line("ms of a write of 4 KiB and fsync alone, median", sync * 1e3, ""))
        let commit = try await time(commits: store, &makers, at: now)
        let queries = try await StatusTimes(path: path).measure(logs: makers.map(\.id), from: start, to: now)
        var isReached = year <= Reach.yearBytes && commit <= Reach.commitSeconds
        if commit < sync / 2 {
            print("a commit takes less than a sync: it would not survive a power cut")
            isReached = false
        }
        for (name, times) in queries {
            print(
                Self.line("ms of \(name), median", times.quantile(0.5) * 1e3, ""),
                Self.line("; slowest", (times.max() ?? 0) * 1e3, ""), separator: "")
            if times.quantile(0.5) > Reach.querySeconds { isReached = false }
        }
        print(isReached ? "reached" : "NOT REACHED")
        if !isReached { throw ExitCode.failure }
    }

    /// Through the store's own commits, in the parts that a catch-up makes.
    private func fill(_ store: SQLiteStore, _ makers: inout [StoredLogMaker], from start: UInt64) async throws {
        let begun = ContinuousClock.now
        let each = heads / makers.count
        let part = 1_000
        for first in stride(from: 0, to: each, by: part) {
            for index in makers.indices {
                let count = min(part, each - first)
                _ = try await store.commit(makers[index].step(heads: count, at: start + UInt64(first)))
            }
        }
        let seconds = (ContinuousClock.now - begun) / .seconds(1)
        print(Self.line("heads a second were stored, in parts of \(part)", Double(each * makers.count) / seconds, ""))
    }

    private func thin(_ store: SQLiteStore, _ policy: WatchConfiguration.Retention, now: UInt64) async throws {
        let limit = 2_000
        var times: [Double] = []
        var (looked, thinned) = (0, 0)
        while true {
            let begun = ContinuousClock.now
            let thinning = try await store.thin(policy, now: now, limit: limit)
            times.append((ContinuousClock.now - begun) / .seconds(1))
            looked += thinning.looked
            thinned += thinning.thinned
            if thinning.looked < limit { break }
        }
        print(
            "\(thinned) of \(looked) heads were thinned",
            Self.line("ms of a step of \(limit), median", times.quantile(0.5) * 1e3, ""), separator: "; ")
    }

    /// The median of one poll's commit, in seconds.
    private func time(commits store: SQLiteStore, _ makers: inout [StoredLogMaker], at now: UInt64) async throws
        -> Double
    {
        var times: [Double] = []
        let begun = CPUClock.seconds
        for index in 0..<commits {
            let step = makers[index % makers.count].step(heads: 1, at: now + UInt64(index))
            let begun = ContinuousClock.now
            _ = try await store.commit(step)
            times.append((ContinuousClock.now - begun) / .seconds(1))
        }
        let cpu = (CPUClock.seconds - begun) / Double(commits)
        print(
            Self.line("ms of a poll's commit, median", times.quantile(0.5) * 1e3, "(at most 5)"),
            Self.line("p99", times.quantile(0.99) * 1e3, ""), Self.line("slowest", (times.max() ?? 0) * 1e3, ""),
            Self.line("CPU", cpu * 1e3, ""), separator: "; ")
        return times.quantile(0.5)
    }

    /// Pages in use: free ones are written to before the file grows.
    private static func usedBytes(_ path: String) throws -> Int {
        try DatabaseQueue(path: path).read { database in
            func pragma(_ name: String) throws -> Int { try Int.fetchOne(database, sql: "PRAGMA \(name)") ?? 0 }
            return try (pragma("page_count") - pragma("freelist_count")) * pragma("page_size")
        }
    }

    /// What the disk takes for the least that can be made durable.
    private static func syncSeconds(in folder: String) throws -> Double {
        let url = URL(fileURLWithPath: folder).appending(path: "sync")
        try Data().write(to: url)
        let file = try FileHandle(forWritingTo: url)
        let page = Data(count: 4_096)
        let times = try (0..<200).map { _ in
            let begun = ContinuousClock.now
            try file.write(contentsOf: page)
            try file.synchronize()
            return (ContinuousClock.now - begun) / .seconds(1)
        }
        try file.close()
        return times.quantile(0.5)
    }

    private static func line(_ what: String, _ value: Double, _ after: String) -> String {
        "\(what): \(String(format: "%.2f", value))\(after.isEmpty ? "" : " \(after)")"
    }
}
