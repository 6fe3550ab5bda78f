import Foundation
import Logging
import Synchronization
import Telemetry
import Tracing
import TransparencyLog

/// A cosigner at another party: it is shown heads, and gives signatures, which are verified before they are used.
struct RemoteCosigner: Sendable {
    static let maximumAnswerBytes = 1 << 20

    let publicKey: [UInt8]
    private let name: String
    private let token: String
    private let connection: CosignerConnection
    private let logger = Logger(label: "nexo-server.cosigning")

    /// - Parameter patience: for the whole of an answer, since a head waits for it.
    init(
        name: String, url: String, publicKey: String, token: String, patience: Duration = .seconds(10)
    ) throws(CosignerKeys.Invalid) {
        guard let parsed = URL(string: url), ["http", "https"].contains(parsed.scheme ?? ""), parsed.host != nil else {
            throw CosignerKeys.Invalid(description: "\(name)_URL: must be an http or https URL")
        }
        guard let key = Digest(base64: JSONText(publicKey)) else {
            throw CosignerKeys.Invalid(
                description: "\(name)_PK: must be the base64 of the cosigner's 32-byte public key")
        }
        guard !token.isEmpty else {
            throw CosignerKeys.Invalid(description: "\(name)_TOKEN: must be the cosigner's COSIGN_TOKEN")
        }
        self.name = name
        self.token = token
        self.publicKey = key.bytes
        connection = CosignerConnection(
            url: parsed.appending(path: "cosign").absoluteString, token: token, patience: patience,
            maximumBytes: Self.maximumAnswerBytes)
    }

    /// - Parameter waits: whether it is asked though it owes the answer to an earlier question, once it gave that.
    /// - Returns: for each head its signature, or nil if the cosigner did not give a valid one; nil if it was not asked.
    func sign(_ heads: [HeadToSign], history: any TreeHistory, waits: Bool = true) async -> [[UInt8]?]? {
        guard connection.take(waits: waits) else { return nil }
        defer { connection.giveBack() }
        do {
            let given = try await withEdgeSpan(
                "cosign", ofKind: .client, ["nexo.cosigner": .string(name), "nexo.heads": .int64(Int64(heads.count))]
            ) { _ in try await ask(heads, history) }
            let valid = zip(heads, given).map { head, signature in
                signature.flatMap {
                    Ed25519.verifies(signature: $0, message: head.hash.bytes, publicKey: publicKey) ? $0 : nil
                }
            }
            if let first = valid.firstIndex(of: nil) {
                logger.error(
                    "a cosigner's signatures do not verify: is its public key \(name)_PK?",
                    metadata: [
                        "cosigner": "\(name)", "tree_size": "\(heads[first].treeSize)",
                        "heads": "\(valid.count { $0 == nil })",
                    ])
            }
            return valid
        } catch {
            logger.error(
                "a cosigner does not sign", metadata: ["cosigner": "\(name)", "error": "\(shown("\(error)"))"])
            return heads.map { _ in nil }
        }
    }

    private struct Refused: TracedFailure, CustomStringConvertible {
        let description: String
        var failureKind: String { "refused" }
    }

    /// Asks, and once more if the cosigner signed another size last than we know of: it is known from its answers alone.
    private func ask(_ heads: [HeadToSign], _ history: any TreeHistory) async throws -> [[UInt8]?] {
        var signed = connection.signed.load(ordering: .acquiring)
        var answer = try await connection.post(question(heads, signed, history))
        if answer.status == 409, let last = (try? read(answer))?["tree_size"]?.plainInteger, last != signed {
            if last < signed {
                logger.critical(
                    "a cosigner does not remember what it signed: was its state begun anew?",
                    metadata: ["cosigner": "\(name)", "signed": "\(signed)", "remembered": "\(last)"])
            }
            signed = last
            let question = try await question(heads, signed, history)
            // Known to be a size of ours; the answer may come too late.
            connection.signed.store(signed, ordering: .releasing)
            answer = try await connection.post(question, spent: answer.spent)
        }
        guard answer.status == 200 else {
            let text = shown(String(decoding: answer.body, as: UTF8.self))
            let hint =
                (300..<400).contains(answer.status)
                ? "; redirects are not followed: \(name)_URL must be the cosigner's own address" : ""
            throw Refused(description: "status \(answer.status): \(text)\(hint)")
        }
        guard let entries = try read(answer)["signatures"]?.elements, entries.count == heads.count else {
            throw Refused(description: "an answer without a signature for each head")
        }
        connection.signed.store(heads.map(\.treeSize).reduce(signed, max), ordering: .releasing)
        return entries.map { $0.text.flatMap(Base64.decode) }
    }

    private func question(
        _ heads: [HeadToSign], _ signed: UInt64, _ history: any TreeHistory
    ) async throws -> [UInt8] {
        guard let question = await CosignQuestion.bytes(heads, signed: signed, history: history) else {
            throw Refused(
                description:
                    "it signed a tree of \(signed) leaves, which this log does not have: is this an older copy of it?")
        }
        return question
    }

    /// Who repeats what it was sent must not bring our token into the log, nor a part of it where the text is cut.
    private func shown(_ text: String) -> String { String(text.replacing(token, with: "…").prefix(400)) }

    private func read(_ answer: CosignerConnection.Answer) throws -> JSONValue {
        try JSONReader.parse(answer.body, maximumBytes: Self.maximumAnswerBytes)
    }
}
