/// One transfer by libcurl on a thread of its own: sinks are few and their messages rare, and a slow one holds nobody up.
struct CurlCall: Sendable {
    enum Method: Sendable {
        case get
        case post
        /// The body is the mail. Recipients that are refused do not keep it from the others, unless it is a test.
        case mail(from: String, to: [String], isTest: Bool)
    }

    enum Encryption: Sendable {
        /// As the URL's scheme says.
        case byScheme
        /// STARTTLS, or nothing is sent.
        case startTLS
    }

    struct Answer: Sendable {
        /// Of HTTP or SMTP.
        var status: Int
        /// As much of the body as is worth quoting.
        var body: [UInt8]
    }

    var url: String
    var method: Method
    /// Many servers repeat in an error what they were asked for: then nothing of the answer is quoted.
    var isURLSecret = false
    /// Lines such as `Content-Type: application/json`.
    var headers: [String] = []
    var body: [UInt8] = []
    var user: String?
    var password: String?
    var encryption = Encryption.byScheme
    /// PEM of the authorities to trust; nil: those of the system.
    var authorities: String?
    /// For the whole transfer.
    var timeout: Duration

    /// Ends at once where the task is cancelled.
    func perform() async throws(SinkFailure) -> Answer {
        let transfer = try CurlCallTransfer(self)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { transfer.start($0) }
        } onCancel: {
            transfer.cancel()
        }
        return try result.get()
    }

    /// An HTTP call; anything but a 2xx is a failure. What another try may mend is no refusal.
    func performHTTP() async throws(SinkFailure) -> String {
        let answer = try await perform()
        if (200..<300).contains(answer.status) { return "HTTP \(answer.status)" }
        let isRefusal = (300..<500).contains(answer.status) && ![408, 425, 429].contains(answer.status)
        let quoted = isURLSecret ? [] : answer.body
        let body = PlainText.line(PlainText.bounded(String(decoding: quoted, as: UTF8.self), maximumBytes: 200))
        throw SinkFailure("HTTP \(answer.status)" + (body.isEmpty ? "" : ": \(body)"), isRefusal: isRefusal)
    }
}
