import Crypto
import TransparencyLog

/// Posts the message as JSON (docs/schemas/nexo-alert-v1.json), signed where there is a secret.
struct WebhookSink: AlertSink {
    let name: String
    let url: String
    let isURLSecret: Bool
    let secret: [UInt8]?
    let authorities: String?
    let timeout: Duration

    func send(_ message: AlertMessage) async throws(SinkFailure) -> String {
        let body = message.json.bytes()
        var headers = ["Content-Type: application/json", "Idempotency-Key: \(message.key)"]
        if let secret { headers.append("X-Nexo-Signature: sha256=\(Self.signature(of: body, secret))") }
        let call = CurlCall(
            url: url, method: .post, isURLSecret: isURLSecret, headers: headers, body: body, authorities: authorities,
            timeout: timeout)
        return try await call.performHTTP()
    }

    /// The hex of HMAC-SHA-256 over the body's bytes.
    static func signature(of body: [UInt8], _ secret: [UInt8]) -> String {
        Hex.encode(Array(HMAC<SHA256>.authenticationCode(for: body, using: SymmetricKey(data: secret))))
    }
}
