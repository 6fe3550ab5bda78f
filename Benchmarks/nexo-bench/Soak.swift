import ArgumentParser
import Foundation
import HostileLog
import Synchronization
import TransparencyLog

/// Serves many logs that grow with every poll, with a watch.yaml for them, and says at the end how punctual the polls were.
struct Soak: AsyncParsableCommand {
    @Option(help: "How many logs.")
    var logs = 1_000

    @Option(help: "Seconds between polls of a log, for watch.yaml.")
    var interval = 10

    @Option(help: "Seconds to serve.")
    var seconds = 600

    @Option(help: "The folder for watch.yaml, the trust files and the result.")
    var folder: String

    /// A poll's wait is up to 5 % longer than the interval.
    private static let jitter = 1.05

    private final class Cell: Sendable {
        let log: Mutex<SoakLog>
        init(_ number: Int) { log = Mutex(SoakLog(number: number)) }
    }

    func run() async throws {
        let folder = URL(fileURLWithPath: folder)
        let served = (0..<logs).map(Cell.init)
        for (number, cell) in served.enumerated() {
            let trust = try cell.log.withLock { try $0.trust() }
            try Data(trust.json.bytes()).write(to: folder.appending(path: "log\(number).json"))
        }
        let (count, interval, seconds) = (logs, interval, seconds)
        try await ScriptedServer.run { server, url in
            server.answer { Self.answer($0, served) }
            // One server serves them all: its places are those of all logs.
            var yaml = "listen: 127.0.0.1:0\nstore: watch.db\ninterval: \(interval)s\n"
            yaml += "limits: {fetches_per_host: 64}\nlogs:\n"
            for number in 0..<count {
                yaml += "  - {name: log\(number), url: \"\(url)/log\(number)\", trust: log\(number).json, "
                yaml += "leaves: \"\(url)/log\(number)/users.jsonl\"}\n"
            }
            try Data(yaml.utf8).write(to: folder.appending(path: "watch.yaml"), options: .atomic)
            try await Task.sleep(for: .seconds(seconds))
            try Data(Self.result(served, interval: interval).utf8)
                .write(to: folder.appending(path: "result.txt"), options: .atomic)
            // The watcher's last polls end.
            try await Task.sleep(for: .seconds(20))
        }
    }

    private static func answer(_ question: ScriptedServer.Question, _ served: [Cell]) -> ScriptedServer.Answer {
        let parts = question.path.split(separator: "/").map(String.init)
        guard let number = parts.first.flatMap({ Int($0.dropFirst(3)) }), served.indices.contains(number) else {
            return .init("not here", status: 404)
        }
        switch parts.dropFirst().joined(separator: "/") {
        case "sth/chain":
            let now = UInt64(Date().timeIntervalSince1970)
            let text = served[number].log.withLock { try? $0.answer(limit: question.limit ?? 10, now: now) }
            return text.map { .init($0) } ?? .init("cannot sign", status: 500)
        case "users.jsonl": return .init(served[number].log.withLock { $0.users })
        default: return .init("not here", status: 404)
        }
    }

    private static func result(_ served: [Cell], interval: Int) -> String {
        var published = 0
        var late: [Double] = []
        for cell in served {
            cell.log.withLock { log in
                log.isOver = true
                published += log.published
                late += log.gaps.map { $0 / .seconds(1) - Double(interval) * jitter }
            }
        }
        late.sort()
        func share(_ part: Double) -> Double { late.isEmpty ? 0 : late[Int(Double(late.count - 1) * part)] }
        return """
            heads published: \(published)
            polls after the first: \(late.count)
            latest poll, seconds after the longest wait: \(String(format: "%.2f", late.last ?? 0))
            99 of 100 polls, likewise: \(String(format: "%.2f", share(0.99)))

            """
    }
}
