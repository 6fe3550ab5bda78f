/// Sends a mail over SMTP, encrypted unless the configuration says that it need not be.
struct EmailSink: AlertSink {
    let name: String
    /// smtp:// or smtps://
    let url: String
    let from: String
    let to: [String]
    let user: String?
    let password: String?
    let encryption: CurlCall.Encryption
    let authorities: String?
    let timeout: Duration

    func send(_ message: AlertMessage) async throws(SinkFailure) -> String {
        let call = CurlCall(
            url: url, method: .mail(from: from, to: to, isTest: message.isTest),
            body: MailMessage(from: from, to: to, message).bytes, user: user, password: password,
            encryption: encryption, authorities: authorities, timeout: timeout)
        let answer = try await call.perform()
        return "SMTP \(answer.status)"
    }
}
