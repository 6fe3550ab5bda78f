import ArgumentParser
import Foundation
import HostileLog
import TransparencyLog

/// Serves many long honest logs, with a watch.yaml for them, until it is ended.
struct Serve: AsyncParsableCommand {
    @Option(help: "How many logs.")
    var logs = 10

    @Option(help: "Heads in each.")
    var heads = 10_000

    @Option(help: "The folder for watch.yaml and the trust files.")
    var folder: String

    @Flag(help: "Have the watcher recompute roots.")
    var leaves = false

    func run() async throws {
        let folder = URL(fileURLWithPath: folder)
        var scripts: [String: ScriptedServer.Script] = [:]
        for index in 0..<logs {
            var log = TestLog(firstSeed: UInt8(10 + index * 3))
            for user in 0..<heads {
                log.register("user\(user)@log\(index)")
                try log.publish()
            }
            try Data(log.trust().json.bytes()).write(to: folder.appending(path: "log\(index).json"))
            scripts["log\(index)"] = log.script()
        }
        let served = scripts
        try await ScriptedServer.run { server, url in
            server.answer { question in
                let parts = question.path.split(separator: "/", maxSplits: 1).map(String.init)
                var inner = question
                inner.path = "/" + (parts.last ?? "")
                return served[parts.first ?? ""]?(inner) ?? .init("not here", status: 404)
            }
            var yaml = "listen: 127.0.0.1:0\nstore: watch.db\ninterval: 1s\nlogs:\n"
            for name in served.keys.sorted() {
                yaml += "  - {name: \(name), url: \"\(url)/\(name)\", trust: \(name).json"
                yaml += leaves ? ", leaves: \"\(url)/\(name)/users.jsonl\"}\n" : "}\n"
            }
            try Data(yaml.utf8).write(to: folder.appending(path: "watch.yaml"), options: .atomic)
            try await Task.sleep(for: .seconds(600))
        }
    }
}
