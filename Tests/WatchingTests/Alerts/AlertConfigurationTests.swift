import Foundation
import HostileLog
import Testing

@testable import Watching

/// The part `alerts` of watch.yaml.
struct AlertConfigurationTests {
    private static func parse(_ alerts: String) throws -> WatchConfiguration.Alerts {
        let log = "logs: [{name: a, url: \"http://example\", trust: a.json}]\n"
        return try ConfigurationFile.parse(
            log + "alerts:\n" + alerts, folder: URL(fileURLWithPath: "/etc/nexo")
        ).alerts
    }

    @Test func everyKey() throws {
        let alerts = try Self.parse(
            """
              group_interval: 1m
              failing_polls: 7
              failing_deliveries: 2
              retry_first: 1s
              retry_max: 1m
              once_timeout: 20s
              sinks:
                - {name: ops, webhook: {url: "https://hooks.example/x", secret_file: secret, ca_file: /ca.pem}}
                - {name: hook, timeout: 3s, webhook: {url_file: hook-url}}
                - {name: am, alertmanager: {url: "http://127.0.0.1:9093", resend: 2m, generator_url: "https://w.example/"}}
                - name: mail
                  email:
                    {smtp: "smtp://mail.example:587", from: w@example.org, to: [a@example.org, b@example.org], user: w,
                     password_file: /run/mail}
                - {name: plain, email: {smtp: "smtp://127.0.0.1:25", from: w@example.org, to: [a@b], tls: none}}
                - {name: pager, command: {run: [page, "--now"], timeout: 5s}}
              heartbeat: {url: "https://beat.example/1", interval: 30s, timeout: 4s}
            """)
        #expect(alerts.groupInterval == .seconds(60) && alerts.failingPolls == 7 && alerts.failingDeliveries == 2)
        #expect(alerts.retryFirst == .seconds(1) && alerts.retryMax == .seconds(60))
        #expect(alerts.onceTimeout == .seconds(20))
        var plain = WatchConfiguration.Email(smtp: "smtp://127.0.0.1:25", from: "w@example.org", to: ["a@b"])
        plain.allowsPlain = true
        var mail = WatchConfiguration.Email(
            smtp: "smtp://mail.example:587", from: "w@example.org", to: ["a@example.org", "b@example.org"])
        mail.user = "w"
        mail.passwordFile = "/run/mail"
        #expect(
            alerts.sinks == [
                .init(
                    name: "ops",
                    target: .webhook(
                        .init(
                            address: .url("https://hooks.example/x"), secretFile: "/etc/nexo/secret",
                            caFile: "/ca.pem"))),
                .init(
                    name: "hook", target: .webhook(.init(address: .file("/etc/nexo/hook-url"))), timeout: .seconds(3)),
                .init(
                    name: "am",
                    target: .alertmanager(
                        .init(url: "http://127.0.0.1:9093", resend: .seconds(120), generatorURL: "https://w.example/"))),
                .init(name: "mail", target: .email(mail)), .init(name: "plain", target: .email(plain)),
                .init(name: "pager", target: .command(["page", "--now"]), timeout: .seconds(5)),
            ])
        #expect(
            alerts.heartbeat
                == .init(address: .url("https://beat.example/1"), interval: .seconds(30), timeout: .seconds(4)))
    }

    @Test(arguments: [
        ("sink: []", "unknown key \"sink\""),
        ("retry_first: 10m\n  retry_max: 1m", "alerts.retry_max: must not be shorter"),
        ("sinks: {}", "alerts.sinks: must be a list"),
        ("sinks: [{name: A b, command: {run: [x]}}]", "alerts.sinks[0].name"),
        ("sinks: [{name: a}]", "must have one of webhook"),
        ("sinks: [{name: a, command: {run: [x]}, webhook: {url: \"http://a\"}}]", "must have one of webhook"),
        ("sinks: [{name: a, command: {run: []}}]", "command.run: must be a list of texts"),
        ("sinks: [{name: a, command: {run: [x]}}, {name: a, command: {run: [x]}}]", "\"a\" stands twice"),
        ("sinks: [{name: a, webhook: {url: \"ftp://a/\"}}]", "webhook.url: must be a URL"),
        ("sinks: [{name: a, webhook: {url: \"https://u:p@a/\"}}]", "must not hold a name or password"),
        ("sinks: [{name: a, webhook: {url: \"https://a/\", secret: x}}]", "unknown key \"secret\""),
        ("sinks: [{name: a, webhook: {}}]", "needs url, or url_file"),
        ("sinks: [{name: a, email: {smtp: \"smtp://a\", from: \"a b@c\", to: [d@e]}}]", "is no mail address"),
        ("sinks: [{name: a, email: {smtp: \"smtp://a\", from: a@c, to: [\"d@e\\nBcc: x@y\"]}}]", "is no mail address"),
        ("sinks: [{name: a, email: {smtp: \"smtp://a\", from: a@c, to: [d@e], user: x}}]", "go together"),
        (
            "sinks: [{name: a, email: {smtp: \"smtp://a\", from: a@c, to: [d@e], user: x, password_file: y, tls: none}}]",
            "with no password"
        ),
        ("sinks: [{name: a, email: {smtp: \"smtps://a\", from: a@c, to: [d@e], tls: none}}]", "with smtp:// alone"),
        ("heartbeat: {interval: 1m}", "alerts.heartbeat: needs url"),
    ])
    func whatIsWrong(alerts: String, reason: String) {
        let error = #expect(throws: ConfigurationFile.Invalid.self) { try Self.parse("  " + alerts) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test func filesOfSecrets() throws {
        let folder = try ScratchFolder()
        func error(_ secret: String) throws -> String {
            var configuration = WatchConfiguration(listen: "", store: "", evidence: "", interval: .seconds(1), logs: [])
            configuration.alerts.sinks = [
                .init(name: "a", target: .webhook(.init(address: .url("http://a/"), secretFile: secret)))
            ]
            let error = #expect(throws: ConfigurationFile.Invalid.self) { try configuration.checkAlerts() }
            return error?.description ?? ""
        }
        #expect(try error("/nowhere").hasPrefix("/nowhere: cannot be read"))
        let short = try folder.write("tooshort\n", to: "short")
        #expect(try error(short) == "\(short): must hold one line of at least 16 characters")
    }
}
