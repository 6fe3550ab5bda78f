import ArgumentParser
import Foundation
import ProgramSupport
import TransparencyLog
import Watching

struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Propose a trust file for a log, from what the log says of itself; with --folder a whole configuration.",
        discussion: """
            This is trust on first use: compare the keys over another channel before you rely on them.

            Without --folder the trust file is printed. With it, the folder gets the trust file and a watch.yaml that \
            nexo-watch run can begin with; nothing that is there already is changed.
            """)

    @Argument(help: "The log's base URL, such as https://eu.example/nexo.")
    var url: String

    @Option(help: "The log's name in the trust file and the configuration; its own name if left out.")
    var name: String?

    @Option(help: "A folder to write the trust file and watch.yaml to; made if it is not there.")
    var folder: String?

    @Option(help: "With --folder: a URL that is told of alerts.")
    var webhook: String?

    func validate() throws {
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw ValidationError("\(url): the URL must begin with http:// or https://")
        }
        guard webhook == nil || folder != nil else { throw ValidationError("--webhook goes with --folder") }
    }

    func run() async throws {
        let base = url.hasSuffix("/") ? String(url.dropLast()) : url
        do {
            let (trust, description) = try await propose(base)
            if let folder {
                let starter = try StarterConfiguration(
                    name: trust.name, url: base, description: description, webhook: webhook)
                try StarterFolder(path: folder).write(starter, trust)
            } else {
                print(trust.json.serialized())
                Program.say("nexo-watch: trust on first use: compare these keys over another channel")
                for line in StarterFolder.keys(trust) { Program.say(line) }
            }
        } catch let code as ExitCode {
            throw code
        } catch let error as ConfigurationFile.Invalid {
            throw Program.failure("nexo-watch", error, 2)
        } catch let error as FetchError {
            let advice = Self.advice(error).map { "; \($0)" } ?? ""
            Program.say("nexo-watch: \(base): \(error)\(advice)")
            throw ExitCode(3)
        } catch { throw Program.failure("nexo-watch", error, 3) }
    }

    /// What to do where nobody answers; nil where the error says it.
    private static func advice(_ error: FetchError) -> String? {
        switch error.reason {
        case .connect, .timeout: "check host and port, and whether the log's server runs"
        case .tls: "check its certificate, or begin the URL with http:// where the server has none"
        default: nil
        }
    }

    /// The trust file, and all that the log says of itself.
    private func propose(_ base: String) async throws -> (TrustFile, JSONValue) {
        let source = try CurlLogSource()
        defer { source.stop() }
        let place = base + "/.well-known/nexo-transparency.json"
        let response = try await source.get(FetchRequest(url: place, maximumBytes: 1 << 20, timeoutSeconds: 30))
        guard response.status == 200 else {
            throw FetchError(
                .httpStatus,
                "it publishes no keys (status \(response.status) for /.well-known/nexo-transparency.json); "
                    + "ask its operator for the cosigners' public keys. \(try await seen(base, source))")
        }
        do {
            let proposed = try TrustFile(json: response.body)
            let trust = try TrustFile(
                name: name ?? proposed.name, canonical: proposed.canonical, policy: proposed.policy,
                cosigners: proposed.cosigners)
            return (trust, try JSONReader.parse(response.body))
        } catch {
            throw FetchError(.malformed, "\(place) is no trust file (\(error)); is \(base) the base URL of a log?")
        }
    }

    /// Heads that a log that publishes no keys is judged by, and those that an answer may have: a server may know no limit.
    private static let shown = 100
    private static let mostHeads = 100_000

    /// What the heads tell of a log that publishes no keys.
    private func seen(_ base: String, _ source: CurlLogSource) async throws -> String {
        let response = try await source.get(
            FetchRequest(
                url: base + "/sth/chain?limit=\(Self.shown)", maximumBytes: 16 << 20, timeoutSeconds: 30))
        guard response.status == 200 else {
            return "It shows no heads either (status \(response.status)): is this the base URL of a log?"
        }
        guard let elements = try JSONElements.ranges(of: response.body, maximum: Self.mostHeads) else {
            return "It shows more than \(Self.mostHeads) heads in one answer: is this the base URL of a log?"
        }
        let heads = elements.prefix(Self.shown).reversed().compactMap {
            try? SignedTreeHead(json: Array(response.body[$0]), maximumBytes: 16 << 10)
        }
        let guess = DialectGuess(heads)
        let cosigners = Set(heads.flatMap(\.signatures).compactMap(\.cosigner)).sorted().joined(separator: ", ")
        return "Its \(heads.count) newest heads: dialect "
            + (guess.dialect.map { "\($0.rawValue) (\(guess.links[$0] ?? 0) of \(guess.total) links hold)" }
                ?? "not told")
            + ", policy \(heads.last?.policy?.description ?? "not stated"), signed by \(cosigners)."
    }
}
