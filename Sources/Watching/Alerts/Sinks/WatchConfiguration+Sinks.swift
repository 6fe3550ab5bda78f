import Foundation

extension WatchConfiguration {
    /// The sinks with their secrets read.
    ///
    /// - Throws: `ConfigurationFile.Invalid` where a file is not as it should be.
    public func alertSinks() throws -> [any AlertSink] {
        try alertSinks { UInt64(max(Date().timeIntervalSince1970, 0)) }
    }

    func alertSinks(now: @escaping @Sendable () -> UInt64) throws -> [any AlertSink] {
        try alerts.sinks.map { sink in
            switch sink.target {
            case .webhook(let webhook): try make(webhook, sink)
            case .alertmanager(let alertmanager): try make(alertmanager, sink, now)
            case .email(let email): try make(email, sink)
            case .command(let run): CommandSink(name: sink.name, run: run, timeout: sink.timeout)
            }
        }
    }

    /// Reads what can be wrong in the files that the alerts need.
    public func checkAlerts() throws {
        _ = try alertSinks()
        if let heartbeat = alerts.heartbeat {
            _ = try Self.url(heartbeat.address)
            _ = try Self.readable(heartbeat.caFile)
        }
    }

    private func make(_ webhook: Webhook, _ sink: Sink) throws -> WebhookSink {
        let secret = try webhook.secretFile.map { try Self.secret($0, minimum: 16) }
        return WebhookSink(
            name: sink.name, url: try Self.url(webhook.address), isURLSecret: webhook.address.isSecret,
            secret: secret.map { Array($0.utf8) }, authorities: try Self.readable(webhook.caFile),
            timeout: sink.timeout)
    }

    private func make(
        _ alertmanager: Alertmanager, _ sink: Sink, _ now: @escaping @Sendable () -> UInt64
    ) throws -> AlertmanagerSink {
        AlertmanagerSink(
            name: sink.name, url: alertmanager.url,
            generatorURL: alertmanager.generatorURL ?? "http://\(listen)/",
            authorities: try Self.readable(alertmanager.caFile), resend: alertmanager.resend, timeout: sink.timeout,
            now: now)
    }

    private func make(_ email: Email, _ sink: Sink) throws -> EmailSink {
        EmailSink(
            name: sink.name, url: email.smtp, from: email.from, to: email.to, user: email.user,
            password: try email.passwordFile.map { try Self.secret($0, minimum: 1) },
            encryption: email.smtp.hasPrefix("smtp://") && !email.allowsPlain ? .startTLS : .byScheme,
            authorities: try Self.readable(email.caFile), timeout: sink.timeout)
    }

    static func url(_ address: Address) throws -> String {
        switch address {
        case .url(let url): return url
        case .file(let path):
            let url = try secret(path, minimum: 1)
            try ConfigurationFile.checkURL(url, path, ["http", "https"])
            return url
        }
    }

    /// A file's text without its last newline.
    private static func secret(_ path: String, minimum: Int) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationFile.Invalid(
                description: "\(path): cannot be read; check the path and who may read it")
        }
        guard var text = String(data: data, encoding: .utf8) else {
            throw ConfigurationFile.Invalid(description: "\(path): is no text")
        }
        if text.hasSuffix("\n") { text.removeLast() }
        guard text.utf8.count >= minimum, !text.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
            throw ConfigurationFile.Invalid(
                description: "\(path): must hold one line of at least \(minimum) characters")
        }
        return text
    }

    private static func readable(_ path: String?) throws -> String? {
        guard let path else { return nil }
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw ConfigurationFile.Invalid(
                description: "\(path): cannot be read; check the path and who may read it")
        }
        guard ConfigurationFile.isPEM(path) else {
            throw ConfigurationFile.Invalid(description: "\(path): is no PEM file; it has no line -----BEGIN …-----")
        }
        return path
    }
}
