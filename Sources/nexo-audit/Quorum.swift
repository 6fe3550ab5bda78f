import ArgumentParser
import Foundation
import ProgramSupport
import TransparencyLog

struct Quorum: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quorum",
        abstract: "Check that k of some named watchers vouched for a head.",
        discussion: """
            The checkpoints are what watchers serve at /gossip/v1/logs/LOG_ID/checkpoints/SIZE. Exit codes: 0 so many vouched,
            1 a watcher vouched for another root of this size, 2 usage, 3 fewer vouched.
            """)

    @Argument(help: "Files of checkpoints with cosignatures.")
    var checkpoints: [String]

    @Option(help: "The trust file of the log.")
    var trust: String

    @Option(help: "A file with the head, as the log serves it.")
    var head: String

    @Option(help: "A file with the watchers' keys as `nexo-watch keygen` prints them, one a line; # begins a comment.")
    var watchers: String

    @Option(help: "How many watchers are needed.")
    var threshold: Int

    @Option(help: "Cosignatures older than so many seconds do not count, nor those from the future.")
    var maxAge: UInt64?

    /// Seconds that a watcher's clock may be ahead of ours.
    private static let clockLeeway: UInt64 = 300

    func validate() throws {
        guard threshold > 0 else { throw ValidationError("--threshold must be above 0") }
    }

    func run() throws {
        let trust = try Inputs.trust(trust)
        let head = try readHead(trust)
        let keys = try readKeys()
        guard threshold <= keys.count else {
            Program.say("nexo-audit: --threshold \(threshold): \(watchers) names \(keys.count) watchers")
            throw ExitCode(2)
        }
        let now = UInt64(max(Date().timeIntervalSince1970, 0))
        var quorum = WatchQuorum(
            logID: trust.logID, treeSize: head.treeSize, root: head.root, watchers: keys, threshold: threshold,
            times: maxAge.map { now - min($0, now)...now + Self.clockLeeway } ?? 0...UInt64.max)
        for path in checkpoints {
            do { try quorum.add(try bytes(path)) } catch let error as SignedNote.Malformed {
                Program.say("nexo-audit: \(path): \(error); it counts for nothing")
            }
        }
        try tell(quorum, head, of: keys.count)
    }

    private func tell(_ quorum: WatchQuorum, _ head: SignedTreeHead, of count: Int) throws {
        let place = "size \(head.treeSize), root \(head.root)"
        switch quorum.verdict {
        case .reached(let names):
            print("\(names.count) of \(count) watchers vouched for \(place), and \(threshold) are needed")
            for name in names { print("  \(name)") }
        case .contradicted(let names):
            print("another root of size \(head.treeSize) was vouched for by \(names.joined(separator: ", "))")
            throw ExitCode(1)
        case .missed(let names):
            print("\(names.count) of \(count) watchers vouched for \(place), but \(threshold) are needed")
            for name in names { print("  \(name)") }
            if quorum.besides > 0 {
                print("  \(quorum.besides) cosignatures are of another log, another size, too old, or from the future")
            }
            throw ExitCode(3)
        }
    }

    /// A head that the log's own cosigners did not sign needs nobody's word.
    private func readHead(_ trust: TrustFile) throws -> SignedTreeHead {
        do {
            let head = try SignedTreeHead(JSONReader.parse(try bytes(head)))
            let verifier = HeadVerifier(trust: trust)
            guard verifier.isQuorum(verifier.verify(head).signers) else {
                Program.say("nexo-audit: \(self.head): has no quorum of the pinned cosigners")
                throw ExitCode(3)
            }
            return head
        } catch let code as ExitCode { throw code } catch {
            Program.say("nexo-audit: \(head): is no signed tree head: \(error)")
            throw ExitCode(3)
        }
    }

    private func readKeys() throws -> [CosignerKey] {
        let lines = String(decoding: try bytes(watchers), as: UTF8.self).split(separator: "\n")
        var keys: [CosignerKey] = []
        for line in lines.map({ $0.trimmingCharacters(in: .whitespaces) }) where !line.isEmpty && !line.hasPrefix("#") {
            do { keys.append(try CosignerKey(vkey: line)) } catch {
                Program.say("nexo-audit: \(watchers): \(line): \(error)")
                throw ExitCode(2)
            }
        }
        // Two names for one key would be two voices of one watcher.
        guard Set(keys.map(\.publicKey)).count == keys.count, !keys.isEmpty else {
            Program.say("nexo-audit: \(watchers): must name watchers, each key once")
            throw ExitCode(2)
        }
        return keys
    }

    private func bytes(_ path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            Program.say("nexo-audit: \(path): cannot be read; check the path and its permissions")
            throw ExitCode(2)
        }
        return Array(data)
    }
}
