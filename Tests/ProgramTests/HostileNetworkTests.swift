import Foundation
import FoundationNetworking
import HostileLog
import Synchronization
import Testing
import TransparencyLog

/// The watcher as a process, with some honest logs beside one that attacks in each way there is: memory and descriptors stay
/// as they are, honest logs are polled in time, and nobody is told of what is not there.
///
/// Honest logs are real servers in processes of their own: the flood that this one makes must not keep them waiting.
///
/// `scripts/hostile` runs it for longer.
struct HostileNetworkTests {
    private static let honest = 3
    private static let asked = ProcessInfo.processInfo.environment["NEXO_HOSTILE_SECONDS"].flatMap { Int($0) }
    private static let seconds = asked ?? 12
    /// The part of their polls that honest logs must have had. Other tests take the machine where this one is not alone.
    private static let punctuality = asked == nil ? 0.4 : 0.8

    /// What a moment shows.
    private struct Sample {
        var memory: Int
        var descriptors: Int
        var metrics: [Substring: Double]

        /// The sum of a metric's series of some logs.
        func sum(_ name: String, _ labels: String) -> Double {
            // No text contains an empty one, says Foundation.
            metrics.filter { $0.key.hasPrefix("\(name){") && (labels.isEmpty || $0.key.contains(labels)) }.values
                .reduce(0, +)
        }
    }

    private static func sample(_ program: Program, _ port: Int) async throws -> Sample {
        let (memory, descriptors) = (try program.residentBytes(), try program.descriptors())
        let address = try #require(URL(string: "http://127.0.0.1:\(port)/metrics"))
        let answer = String(decoding: try await URLSession.shared.data(from: address).0, as: UTF8.self)
        let pairs = answer.split(whereSeparator: \.isNewline).compactMap { line -> (Substring, Double)? in
            let words = line.split(separator: " ")
            guard words.count == 2, let value = Double(words[1]) else { return nil }
            return (words[0], value)
        }
        return Sample(memory: memory, descriptors: descriptors, metrics: Dictionary(pairs) { $1 })
    }

    private static func configuration(_ folder: ScratchFolder, hostile: String, honest: [Int]) throws {
        // No two logs have the same keys.
        func trust(_ name: String, _ seed: Int) throws -> String {
            _ = try folder.write(TestLog(firstSeed: UInt8(seed)).trust().json.bytes(), to: "\(name).json")
            return "\(name).json"
        }
        let names =
            (0..<HostileAnswer.all.count).map { ("attack\($0)", "\($0)") } + [
                ("endless", "endless"), ("beyond", "beyond"),
            ]
        var entries = try names.enumerated().map { seed, name in
            let url = "\(hostile)/\(name.1)"
            return
                "  - {name: \(name.0), url: \"\(url)\", trust: \(try trust(name.0, seed)), leaves: \"\(url)/users.jsonl\"}"
        }
        entries.append("  - {name: nobody, url: \"http://log.invalid\", trust: \(try trust("nobody", 190))}")
        for (index, port) in honest.enumerated() {
            let url = "http://127.0.0.1:\(port)"
            entries.append(
                "  - {name: honest\(index), url: \"\(url)\", trust: honest\(index)/trust.json, "
                    + "leaves: \"\(url)/log/users.jsonl\"}")
        }
        _ = try folder.write(
            """
            listen: 127.0.0.1:0
            store: watch.db
            interval: 1s
            limits:
              timeout: 15s
              low_speed_time: 15s
              backoff_max: 1s
              chain_bytes: 262144
              leaves_bytes: 262144
              leaves_chunk: 131072
              leaves_time: 1s
            logs:
            \(entries.joined(separator: "\n"))
            """, to: "watch.yaml")
    }

    @Test(.timeLimit(.minutes(60))) func honestLogsBesideHostileOnes() async throws {
        let count = HostileAnswer.all.count
        let scripts = try HostileAnswer.all.enumerated().map { seed, answer in
            var log = TestLog(firstSeed: UInt8(seed))
            for user in 0..<3 {
                log.register("user\(user)@\(seed)")
                try log.publish()
            }
            return answer.script(log, prefix: "/\(seed)")
        }
        let endless = try EndlessLog(size: 30_000_000, piece: 1 << 17, firstSeed: UInt8(count))
        let beyond = try EndlessLog(size: 1 << 40, firstSeed: UInt8(count + 1))
        try await RawServer.run { connection in
            let name = connection.path.split(separator: "/").first ?? ""
            if let index = Int(name), scripts.indices.contains(index) { return try await scripts[index](connection) }
            try await (name == "endless" ? endless : beyond).answer(connection)
        } _: { hostile in
            let folder = try ScratchFolder()
            let servers = try (0..<Self.honest).map { index in
                try Program(
                    "nexo-server", ["run", "--data", "honest\(index)", "--host", "127.0.0.1", "--port", "0"],
                    folder: folder.url, environment: ["PUBLISH_USERS": "1"])
            }
            defer { for server in servers { server.signal(SIGTERM) } }
            var ports: [Int] = []
            for server in servers {
                ports.append(try await server.port())
                for user in 0..<20 {
                    let code = try await ServerProgramTests.register("user\(user)@honest", port: ports[ports.count - 1])
                    #expect(code == 201)
                }
            }
            try await Self.watch(folder, hostile: hostile, honest: ports)
        }
    }

    private static func watch(_ folder: ScratchFolder, hostile: String, honest: [Int]) async throws {
        try configuration(folder, hostile: hostile, honest: honest)
        let program = try Program("nexo-watch", ["run", "--config", "watch.yaml"], folder: folder.url)
        let port = try await program.port()
        // Each attack was made twice, and hashes were laid aside: all that is taken once is there.
        let isWarm = try await eventually(within: .seconds(1_200)) {
            let now = try await sample(program, port)
            let attacks = HostileAnswer.all.enumerated().allSatisfy { index, answer in
                let metric = answer.reasons.isEmpty ? "nexo_watch_polls_total" : "nexo_watch_poll_failures_total"
                return now.sum(metric, "log=\"attack\(index)\"") >= 2
            }
            return attacks && now.sum("nexo_watch_polls_total", "log=\"endless\"") >= 3
        }
        #expect(isWarm, "\(program.errorText.suffix(2_000))")
        let before = try await sample(program, port)
        let begun = ContinuousClock.now
        var most = before
        for second in 1...seconds {
            try await Task.sleep(until: begun + .seconds(second))
            let now = try await sample(program, port)
            most.memory = max(most.memory, now.memory)
            most.descriptors = max(most.descriptors, now.descriptors)
        }
        let after = try await sample(program, port)
        let took = (ContinuousClock.now - begun) / .seconds(1)
        // Bodies come and go, of up to 4 MiB each in eight places; what is kept of each poll would be more soon.
        print(
            "hostile: \(Int(took)) s, memory \(before.memory), at most \(most.memory), then \(after.memory) bytes; descriptors "
                + "\(before.descriptors), at most \(most.descriptors), then \(after.descriptors)")
        #expect(
            most.memory < before.memory + (64 << 20) || Sanitizer.isOn,
            "memory grows: \(before.memory) to \(most.memory) bytes")
        #expect(most.descriptors < before.descriptors + 40, "\(before.descriptors) to \(most.descriptors) descriptors")
        for index in 0..<Self.honest {
            let label = "log=\"honest\(index)\""
            let polls = after.sum("nexo_watch_polls_total", label) - before.sum("nexo_watch_polls_total", label)
            // An interval of 1 s, varied by 5 %.
            #expect(polls >= took * Self.punctuality || Sanitizer.isOn, "honest\(index): \(polls) polls in \(took) s")
            let failures = "nexo_watch_poll_failures_total"
            #expect(after.sum(failures, label) == before.sum(failures, label))
            #expect(after.sum("nexo_watch_alerts_open", label) == 0)
            #expect(after.sum("nexo_watch_head_tree_size", label) == 20)
        }
        let there = HostileAnswer.all.enumerated().filter { !$0.element.finds.isEmpty }.map {
            "log=\"attack\($0.offset)\""
        }
        let found = there.map { after.sum("nexo_watch_findings_total", $0) }
        #expect(found.allSatisfy { $0 == 1 })
        #expect(
            after.sum("nexo_watch_findings_total", "") == found.reduce(0, +), "nothing is found that is not there")
        #expect(after.sum("nexo_watch_fork_detected", "") == 0)
        let read = { (sample: Sample) in sample.sum("nexo_watch_polls_total", "log=\"endless\"") }
        #expect(read(after) > read(before), "what has no end ends no poll")
        // Its server shares a process with all attacks, and may be kept waiting by them.
        let failures = after.metrics.filter {
            $0.key.hasPrefix("nexo_watch_poll_failures_total{") && $0.key.contains("log=\"endless\"")
                && !$0.key.contains("reason=\"timeout\"")
        }
        #expect(failures.values.allSatisfy { $0 == 0 }, "\(failures)")
        #expect(
            after.sum("nexo_watch_poll_failures_total", "log=\"beyond\",reason=\"too_large\"") > 0)
        #expect(after.sum("nexo_watch_leaves", "log=\"endless\"") == 0, "nobody vouches for them")
        program.signal(SIGTERM)
        #expect(try await program.wait().code == 0)
    }
}
