import Foundation
import HostileLog
import Testing
import TransparencyLog

@testable import Watching

/// Each way to reach people, with the other side real or on loopback.
struct SinkTests {
    /// An alert with all that a hostile log can write into it.
    private static func message(_ found: String = "b", revision: Int64 = 2) -> AlertMessage {
        var message = AlertMessage(
            alert: StoredAlert(
                id: 7, logID: AlertFixture.logID, logName: "nexo\r\nBcc: evil@example.org é", kind: .rule(.branch),
                subject: "", severity: .violation, fingerprint: .sha256([1]), revision: revision, findings: 3,
                unstored: 9, detail: "", openedAt: 1_700_000_000, updatedAt: 1_700_000_060))
        let evidence = AlertMessage.EvidenceFile(
            path: "/e/1.json", sha256: .sha256([2]), check: "nexo-audit evidence /e/1.json --trust t", isOnDisk: true)
        message.items = [.init(finding: Finding(.branch, treeSize: 9, expected: "a", found: found), evidence: evidence)]
        message.acknowledge = "nexo-watch ack 7 --config watch.yaml --note 'what was done'"
        return message
    }

    private static func sink(_ target: WatchConfiguration.Sink.Target, seconds: Int = 120) throws -> any AlertSink {
        var configuration = WatchConfiguration(
            listen: "127.0.0.1:9464", store: "", evidence: "", interval: .seconds(1), logs: [])
        configuration.alerts.sinks = [.init(name: "it", target: target, timeout: .seconds(seconds))]
        return try #require(try configuration.alertSinks { 1_700_000_100 }.first)
    }

    @Test func aWebhookSignsItsBody() async throws {
        try await Receiver.run { receiver, url in
            let folder = try ScratchFolder()
            let secret = try folder.write("0123456789abcdef\n", to: "secret")
            let sink = try Self.sink(.webhook(.init(address: .url(url + "/hook"), secretFile: secret)))
            #expect(try await sink.send(Self.message()) == "HTTP 200")
            let request = try #require(receiver.received.first)
            #expect(request.path == "/hook" && request["Content-Type"] == "application/json")
            #expect(request["Idempotency-Key"] == "\(Digest.sha256([1]).hex)-2")
            let signature = WebhookSink.signature(of: request.body, Array("0123456789abcdef".utf8))
            #expect(request["X-Nexo-Signature"] == "sha256=\(signature)")
        }
    }

    /// RFC 4231, test case 2.
    @Test func theSignatureIsHMAC() {
        #expect(
            WebhookSink.signature(of: Array("what do ya want for nothing?".utf8), Array("Jefe".utf8))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test(arguments: [(400, true), (404, true), (302, true), (429, false), (500, false), (503, false)])
    func whatAServerRefuses(status: Int, isRefusal: Bool) async throws {
        try await Receiver.run { receiver, url in
            receiver.answer { _ in status }
            let sink = try Self.sink(.webhook(.init(address: .url(url + "/token"))))
            let failure = await #expect(throws: SinkFailure.self) { try await sink.send(Self.message()) }
            #expect(failure?.isRefusal == isRefusal)
            #expect(failure?.description == "HTTP \(status): status \(status)\\u{a}")
        }
    }

    /// Servers repeat in an error what they were asked for.
    @Test func nothingIsQuotedWhereTheURLIsSecret() async throws {
        try await Receiver.run { receiver, url in
            let folder = try ScratchFolder()
            receiver.answer { _ in 404 }
            let file = try folder.write(url + "/token\n", to: "url")
            let sink = try Self.sink(.webhook(.init(address: .file(file))))
            let failure = await #expect(throws: SinkFailure.self) { try await sink.send(Self.message()) }
            #expect(failure?.description == "HTTP 404" && receiver.received.first?.path == "/token")
        }
    }

    @Test(.timeLimit(.minutes(5))) func aServerThatIsNotThereOrSilent() async throws {
        try await Receiver.run { receiver, url in
            receiver.answer { _ in
                try? await Task.sleep(for: .seconds(600))
                return 200
            }
            for address in [url + "/secret-token", "http://127.0.0.1:1/secret-token"] {
                let sink = try Self.sink(.webhook(.init(address: .url(address))), seconds: 1)
                let failure = await #expect(throws: SinkFailure.self) { try await sink.send(Self.message()) }
                #expect(failure?.isRefusal == false && failure?.description.contains("secret") == false)
            }
        }
    }

    @Test func alertmanagerGetsItsFormat() async throws {
        try await Receiver.run { receiver, url in
            let sink = try Self.sink(.alertmanager(.init(url: url + "/")))
            _ = try await sink.send(Self.message())
            var ended = Self.message(revision: 3)
            ended.alert.closedAt = 1_700_000_070
            ended.alert.acknowledgement = .init(at: 1_700_000_070, by: "ann", note: "known")
            _ = try await sink.send(ended)
            #expect(receiver.received.map(\.path) == ["/api/v2/alerts", "/api/v2/alerts"])
            let alerts = try receiver.alerts.compactMap { $0.elements?.first }
            let labels = alerts.map { $0["labels"] }
            #expect(labels[0] == labels[1] && labels[0]?["alertname"]?.text?.description == "NexoBranch")
            #expect(
                labels[0]?["severity"]?.text?.description == "critical"
                    && labels[0]?["rule"]?.text?.description == "branch")
            #expect(alerts[0]["startsAt"]?.text?.description == "2023-11-14T22:13:20Z")
            #expect(alerts[0]["endsAt"]?.text?.description == "2023-11-14T22:20:00Z")
            #expect(alerts[1]["endsAt"]?.text?.description == "2023-11-14T22:14:30Z")
            #expect(alerts[0]["generatorURL"]?.text?.description == "http://127.0.0.1:9464/")
        }
    }

    /// What fires is sent again each `resend`, and after a restart at once; what ended for five minutes more.
    @Test func alertmanagerIsReminded() async throws {
        try await Receiver.run { receiver, url in
            let fixture = try AlertFixture()
            let store = try fixture.store()
            let sink = WatchConfiguration.Sink(name: "am", target: .alertmanager(.init(url: url)))
            @Sendable func restart() async throws {
                let service = try await fixture.service(store, [sink])
                for _ in 0..<2 { await service.deliverOnce() }
            }
            try await fixture.find(store, .branch, [7])
            for sent in 1...3 {
                try await restart()
                #expect(receiver.received.count == sent)
            }
            _ = try await store.acknowledge(1, .init(at: 1_700_000_000, by: "ann", note: "known"))
            for sent in 4...5 {
                try await restart()
                #expect(receiver.received.count == sent)
            }
            #expect(try receiver.alerts.last?.elements?.first?["endsAt"]?.text?.description == "2023-11-14T22:13:20Z")
            fixture.advance(301)
            try await restart()
            #expect(receiver.received.count == 5)
        }
    }

    private static func email(
        _ server: MailReceiver, to: [String] = ["ops@example.org"], allowsPlain: Bool = true
    ) throws -> any AlertSink {
        try sink(
            .email(
                .init(
                    smtp: "smtp://127.0.0.1:\(server.port)", from: "watch@example.org", to: to,
                    allowsPlain: allowsPlain)))
    }

    @Test func aMailCannotBeInjectedInto() async throws {
        let server = try MailReceiver()
        let sink = try Self.email(server)
        #expect(try await sink.send(Self.message("x\r\n.\r\nMAIL FROM:<evil@example.org>\u{1B}[2J")) == "SMTP 250")
        let mail = try #require(server.received.first)
        #expect(server.received.count == 1)
        #expect(mail.from == "watch@example.org" && mail.to == ["ops@example.org"])
        let end = try #require(mail.lines.firstIndex(of: ""))
        let headers = mail.lines[..<end]
        #expect(!headers.contains { $0.lowercased().hasPrefix("bcc") })
        #expect(headers.contains("Date: Tue, 14 Nov 2023 22:14:20 +0000"))
        #expect(headers.contains("Message-ID: <\(Digest.sha256([1]).hex).2@example.org>"))
        #expect(headers.contains("References: <\(Digest.sha256([1]).hex).1@example.org>"))
        #expect(mail.lines.allSatisfy { $0.utf8.count <= 998 && $0.utf8.allSatisfy { (0x20...0x7E).contains($0) } })
        let body = mail.lines[end...].map { $0.hasSuffix("=") ? String($0.dropLast()) : $0 + "\n" }.joined()
        #expect(body.contains("found x\\u{d}\\u{a}.\\u{d}\\u{a}MAIL FROM:<evil@example.org>\\u{1b}[2J"))
        #expect(body.contains("nexo-audit evidence /e/1.json --trust t"))
    }

    /// The same message is the same mail, bit by bit.
    @Test func aMailIsStable() {
        let mails = (0..<2).map { _ in MailMessage(from: "a@example.org", to: ["b@example.org"], Self.message()).bytes }
        #expect(mails[0] == mails[1])
    }

    @Test func aRecipientThatIsRefusedDoesNotKeepTheMailFromOthers() async throws {
        let server = try MailReceiver()
        server.refuse(["gone@example.org"])
        let sink = try Self.email(server, to: ["gone@example.org", "ops@example.org"])
        _ = try await sink.send(Self.message())
        #expect(server.received.map(\.to) == [["ops@example.org"]])
        // A test says so.
        await #expect(throws: SinkFailure.self) { try await sink.send(.test(at: 1_700_000_000)) }
    }

    @Test func nothingIsSentWhereEncryptionIsAskedForAndNotOffered() async throws {
        let server = try MailReceiver()
        let sink = try Self.email(server, allowsPlain: false)
        await #expect(throws: SinkFailure.self) { try await sink.send(Self.message()) }
        #expect(server.received.isEmpty)
    }

    @Test func aCommandGetsTheMessage() async throws {
        let folder = try ScratchFolder()
        let file = folder.url.appending(path: "got").path
        let sink = try Self.sink(.command(["sh", "-c", "cat > \"$0\"; echo thanks; ls /proc/self/fd | wc -l", file]))
        // Standard input, output and error, and the folder that ls reads.
        #expect(try await sink.send(Self.message()) == "exit code 0; it said: thanks\\u{a}4\\u{a}")
        let got = try #require(FileManager.default.contents(atPath: file))
        #expect(try JSONReader.parse(Array(got.dropLast())) == Self.message().json)
    }

    @Test func aCommandThatFails() async throws {
        let failed = await #expect(throws: SinkFailure.self) {
            try await Self.sink(.command(["sh", "-c", "echo no >&2; exit 3"])).send(Self.message())
        }
        #expect(failed?.description == "exit code 3; it said: no\\u{a}")
        await #expect(throws: SinkFailure.self) {
            try await Self.sink(.command(["/nowhere/program"])).send(Self.message())
        }
    }

    /// A late command is killed with all that it started, however much it writes.
    @Test(.timeLimit(.minutes(5))) func aCommandThatIsLate() async throws {
        let folder = try ScratchFolder()
        let file = folder.url.appending(path: "pids").path
        let script = "sleep 600 & echo $$ $! > \"$0\"; yes"
        let failure = await #expect(throws: SinkFailure.self) {
            try await Self.sink(.command(["sh", "-c", script, file]), seconds: 10).send(Self.message())
        }
        #expect(failure?.description.hasPrefix("took longer than 10.0 seconds, and was killed; it said: y") == true)
        let text = String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
        let pids = text.split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
        #expect(pids.count == 2)
        // Dead, or a zombie that its new parent did not fetch yet.
        #expect(await eventually { pids.allSatisfy { !Self.isAlive($0) } })
    }

    private static func isAlive(_ pid: pid_t) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
        return status.split(separator: ")").last?.hasPrefix(" Z") != true
    }
}
