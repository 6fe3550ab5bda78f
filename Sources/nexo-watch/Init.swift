import ArgumentParser
import Foundation
import ProgramSupport
import TransparencyLog
import Watching

struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Propose a trust file for a log, from what the log says of itself.",
        discussion: "This is trust on first use: compare the keys over another channel before you rely on them.")

    @Argument(help: "The log's base URL.")
    var url: String

    @Option(help: "The log's name in the trust file.")
    var name: String?

    func run() async throws {
        let base = url.hasSuffix("/") ? String(url.dropLast()) : url
        do {
            let source = try CurlLogSource()
            defer { source.stop() }
            let response = try await source.get(
                FetchRequest(
                    url: base + "/.well-known/nexo-transparency.json", maximumBytes: 1 << 20, timeoutSeconds: 30))
            guard response.status == 200 else {
                throw FetchError(
                    .httpStatus,
                    "\(base) publishes no keys (status \(response.status) for /.well-known/nexo-transparency.json); "
                        + "ask its operator for the cosigners' public keys. \(try await seen(base, source))")
            }
            let proposed = try TrustFile(json: response.body)
            let trust = try TrustFile(
                name: name ?? proposed.name, canonical: proposed.canonical, policy: proposed.policy,
                cosigners: proposed.cosigners)
            print(trust.json.serialized())
            Program.say("nexo-watch: trust on first use: compare these keys over another channel")
            for cosigner in trust.cosigners {
                Program.say("  \(cosigner.id): \(Base64.encode(cosigner.publicKey))")
            }
        } catch { throw Program.failure("nexo-watch", error, 3) }
    }

    /// What the heads tell of a log that publishes no keys.
    private func seen(_ base: String, _ source: CurlLogSource) async throws -> String {
        let response = try await source.get(
            FetchRequest(url: base + "/sth/chain?limit=100", maximumBytes: 16 << 20, timeoutSeconds: 30))
        guard response.status == 200 else { return "It shows no heads either (status \(response.status))." }
        let heads = try JSONElements.ranges(of: response.body).reversed().compactMap {
            try? SignedTreeHead(JSONReader.parse(response.body[$0]))
        }
        let guess = DialectGuess(heads)
        let cosigners = Set(heads.flatMap(\.signatures).compactMap(\.cosigner)).sorted().joined(separator: ", ")
        return "Its \(heads.count) newest heads: dialect "
            + (guess.dialect.map { "\($0.rawValue) (\(guess.links[$0] ?? 0) of \(guess.total) links hold)" }
                ?? "not told")
            + ", policy \(heads.last?.policy?.description ?? "not stated"), signed by \(cosigners)."
    }
}
