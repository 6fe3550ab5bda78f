import Foundation
import Logging
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
    func sign(_ heads: [HeadToSign], waits: Bool = true) async -> [[UInt8]?]? {
        guard connection.take(waits: waits) else { return nil }
        defer { connection.giveBack() }
        do {
            let given = try await withEdgeSpan(
                "cosign", ofKind: .client, ["nexo.cosigner": .string(name), "nexo.heads": .int64(Int64(heads.count))]
            ) { _ in try await ask(heads) }
            return zip(heads, given).map { head, signature in
                guard let signature,
                    Ed25519.verifies(signature: signature, message: head.hash.bytes, publicKey: publicKey)
                else { return nil }
                return signature
            }
        } catch {
            logger.error("a cosigner does not sign", metadata: ["cosigner": "\(name)", "error": "\(error)"])
            return heads.map { _ in nil }
        }
    }

    private struct Refused: TracedFailure, CustomStringConvertible {
        let description: String
        var failureKind: String { "refused" }
    }

    private func ask(_ heads: [HeadToSign]) async throws -> [[UInt8]?] {
        let question = JSONValue.object([JSONMember("heads", .array(heads.map(\.value)))]).bytes()
        let answer = try await connection.post(question)
        guard answer.status == 200 else {
            // Who repeats what it was sent must not bring our token into the log, nor a part of it where the text is cut.
            let text = String(decoding: answer.body, as: UTF8.self).replacing(token, with: "…").prefix(300)
            let hint =
                (300..<400).contains(answer.status)
                ? "; redirects are not followed: \(name)_URL must be the cosigner's own address" : ""
            throw Refused(description: "status \(answer.status): \(text)\(hint)")
        }
        let value = try JSONReader.parse(answer.body, maximumBytes: Self.maximumAnswerBytes)
        guard let entries = value["signatures"]?.elements, entries.count == heads.count else {
            throw Refused(description: "an answer without a signature for each head")
        }
        return entries.map { $0.text.flatMap(Base64.decode) }
    }
}
