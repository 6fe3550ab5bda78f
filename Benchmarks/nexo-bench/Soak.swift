import ArgumentParser
import Foundation
import HostileLog
import TransparencyLog

/// Serves many logs that grow with each poll, with a watch.yaml for them, until it is ended.
struct Soak: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve many growing logs, and measure how late each is polled.",
        discussion: """
            GET /soak/report tells what was seen, one figure a line; GET /soak/fork makes some logs show another tree; \
            GET /soak/freeze ends the growth. scripts/soak does the rest.
            """)

    /// What a poll in the steady state asks for at most; a larger answer is asked for to catch up.
    static let pollLimit = 32

    @Option(help: "How many logs.")
    var logs = 1_000

    @Option(
        help: "Heads in each before the first poll; with 31, answers are as long as they get from the first one on.")
    var heads = 31

    @Option(help: "Seconds between polls of a log.")
    var interval = 10

    @Option(help: "How many polls of a log bring one new head.")
    var pollsPerHead = 1

    @Option(help: "How many logs show a fork when they are told to.")
    var forks = 0

    @Option(help: "The folder for watch.yaml and the trust files.")
    var folder: String

    func validate() throws {
        guard pollsPerHead > 0, (0...logs).contains(forks) else {
            throw ValidationError("--polls-per-head is 1 or more, and --forks at most the number of logs.")
        }
    }

    func run() async throws {
        let folder = URL(fileURLWithPath: folder)
        let now = UInt64(Date().timeIntervalSince1970)
        var made: [String: SoakLog] = [:]
        for index in 0..<logs {
            var log = SoakLog("log\(index)")
            for head in 0..<heads { log.publish(at: now - UInt64((heads - head) * interval)) }
            try Data(log.trust.json.bytes()).write(to: folder.appending(path: "log\(index).json"))
            made["log\(index)"] = log
        }
        let book = SoakBook(made, interval: interval, pollsPerHead: pollsPerHead)
        let (names, interval, forks) = (made.keys.sorted(), interval, forks)
        try await ScriptedServer.run { server, url in
            server.answer { Self.answer($0, book, forks: forks) }
            var yaml = "listen: 127.0.0.1:0\nstore: watch.db\nevidence: evidence\ninterval: \(interval)s\nlogs:\n"
            for name in names {
                yaml += "  - {name: \(name), url: \"\(url)/\(name)\", trust: \(name).json, max_head_age: 24h, "
                yaml += "leaves: \"\(url)/\(name)/users.jsonl\"}\n"
            }
            try Data("\(url)\n".utf8).write(to: folder.appending(path: "url"), options: .atomic)
            try Data(yaml.utf8).write(to: folder.appending(path: "watch.yaml"), options: .atomic)
            while !Task.isCancelled { try await Task.sleep(for: .seconds(3_600)) }
        }
    }

    private static func answer(_ question: ScriptedServer.Question, _ book: SoakBook, forks: Int)
        -> ScriptedServer.Answer
    {
        let parts = question.path.split(separator: "/", maxSplits: 1).map(String.init)
        switch (parts.first ?? "", parts.last ?? "") {
        case ("soak", "report"): return .init(book.report)
        case ("soak", "fork"):
            book.fork(forks)
            return .init("forking\n")
        case ("soak", "freeze"):
            book.freeze()
            return .init("frozen\n")
        case (let name, "sth/chain"):
            if let chain = book.chain(name, limit: question.limit ?? 10) { return .init(chain) }
        case (let name, "users.jsonl"):
            if let users = book.users(name) { return .init(body: users) }
        default: break
        }
        return .init("not here", status: 404)
    }
}
