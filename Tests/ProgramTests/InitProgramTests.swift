import Foundation
import HostileLog
import Testing
import TransparencyLog

/// The newcomer's way: from an address to a watch that calls.
struct InitProgramTests {
    let folder: ScratchFolder

    private static let showsNothing = "the log shows no heads yet; where it should, check its url"

    init() throws { folder = try ScratchFolder() }

    private func watch(_ arguments: String...) async throws -> Program.Result {
        try await Program.run("nexo-watch", arguments, folder: folder.url)
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOf: folder.url.appending(path: path), encoding: .utf8)
    }

    @Test func fromAnAddressToAWatchThatCalls() async throws {
        let server = try Program(
            "nexo-server", ["run", "--data", "data", "--host", "127.0.0.1", "--port", "0"], folder: folder.url)
        let url = "http://127.0.0.1:\(try await server.port())"
        try await Receiver.run { receiver, hook in
            let made = try await watch("init", url + "/", "--name", "eu", "--folder", "w/x", "--webhook", hook)
            #expect(made.code == 0 && made.errors.isEmpty, "\(made.errors)")
            #expect(made.output.contains("w/x/eu.json: trust on first use") && made.output.contains("cosigner_2: "))
            #expect(
                made.output.hasSuffix(
                    """
                    w/x/watch.yaml: the configuration; see there who is told of alerts
                    next: nexo-watch test-alert --config w/x/watch.yaml
                    next: nexo-watch run --config w/x/watch.yaml

                    """), "\(made.output)")
            let early = try await watch("db", "check", "--config", "w/x/watch.yaml")
            #expect(early.code == 3 && early.errors.contains("there is no database yet; start nexo-watch run"))
            let checked = try await watch("check-config", "--config", "w/x/watch.yaml")
            #expect(checked.code == 0 && checked.output.hasSuffix("w/x/watch.yaml: 1 log, all right\n"))
            let tested = try await watch("test-alert", "--config", "w/x/watch.yaml")
            #expect(tested.code == 0 && receiver.received.count == 1, "\(tested.output)")
            // Nothing is registered yet, which cannot be called clean.
            let empty = try await watch("run", "--once", "--config", "w/x/watch.yaml")
            #expect(empty.code == 3 && empty.output.hasSuffix("could not check: \(Self.showsNothing)\n"), "\(empty)")
            let status = try await watch("status", "--config", "w/x/watch.yaml")
            #expect(status.code == 3 && status.output.hasSuffix("eu: unknown: \(Self.showsNothing)\n"), "\(status)")
            let client = ["nexo-client", url, "data/trust.json", "state.json", "register", "a@b"]
            let key = Digest.sha256([1]).base64
            #expect(try await Program.shell((client + [key]).joined(separator: " "), folder: folder.url).code == 0)
            let once = try await watch("run", "--once", "--config", "w/x/watch.yaml")
            #expect(
                once.code == 0 && once.output == "eu: 1 heads verified, newest size 1, roots-recomputed\n", "\(once)")
        }
        server.signal(SIGTERM)
        #expect(try await server.wait().code == 0)
    }

    @Test func nothingIsOverwritten() async throws {
        try await ScriptedServer.run { server, url in
            let trust = try TestLog.honest(1).trust()
            server.answer { _ in .init(trust.json.serialized()) }
            #expect(try await watch("init", url, "--name", "a", "--folder", "w").code == 0)
            let before = (try text("w/a.json"), try text("w/watch.yaml"))
            let again = try await watch("init", url, "--name", "a", "--folder", "w")
            #expect(again.code == 2 && again.errors.contains("w/a.json: is there already"))
            let other = try await watch("init", url, "--name", "b", "--folder", "w")
            #expect(
                other.code == 0 && other.output.contains("w/watch.yaml: is there already; add this under logs:\n  - "))
            let hooked = try await watch("init", url, "--name", "c", "--folder", "w", "--webhook", url)
            #expect(hooked.code == 0 && hooked.output.contains("the webhook was not added"), "\(hooked.output)")
            #expect(try text("w/a.json") == before.0 && text("w/watch.yaml") == before.1)
            #expect(try TrustFile(json: Array(text("w/b.json").utf8)).name == "b")
        }
    }

    /// What a log says of itself leads nowhere but into the folder.
    @Test(arguments: ["../out", "a/../../out", "a\\u0000", ".watch"])
    func aNameThatIsNone(name: String) async throws {
        try await ScriptedServer.run { server, url in
            let trust = try TestLog.honest(1).trust().json.serialized()
            let other = trust.replacing(/"name":"[^"]*"/, with: #""name":"\#(name)""#)
            server.answer { _ in .init(other) }
            let refused = try await watch("init", url, "--folder", "w")
            #expect(refused.code == 2 && refused.errors.contains("--name"), "\(refused.errors)")
            #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: "w").path))
            #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: "out.json").path))
        }
    }

    @Test func addressesThatAreNone() async throws {
        let noScheme = try await watch("init", "127.0.0.1:5000")
        #expect(noScheme.code == 2 && noScheme.errors.contains("must begin with http:// or https://"))
        let alone = try await watch("init", "http://127.0.0.1:1", "--webhook", "http://127.0.0.1:1")
        #expect(alone.code == 2 && alone.errors.contains("--webhook goes with --folder"))
        let nobody = try await watch("init", "http://127.0.0.1:1", "--folder", "w")
        #expect(
            nobody.code == 3 && nobody.errors.hasPrefix("nexo-watch: http://127.0.0.1:1: connect: ")
                && nobody.errors.hasSuffix("; check host and port, and whether the log's server runs\n"),
            "\(nobody.errors)")
        try await ScriptedServer.run { server, url in
            server.answer { _ in .init("<html>") }
            let page = try await watch("init", url, "--folder", "w")
            #expect(page.code == 3 && page.errors.contains("is \(url) the base URL of a log?"), "\(page.errors)")
            server.answer { _ in .init("no", status: 404) }
            let nothing = try await watch("init", url, "--folder", "w")
            #expect(nothing.code == 3 && nothing.errors.contains("publishes no keys"), "\(nothing.errors)")
            // A folder that cannot be made, by name.
            server.answer { _ in .init((try? TestLog.honest(1).trust().json.serialized()) ?? "") }
            _ = try folder.write("", to: "file")
            let file = try await watch("init", url, "--folder", "file")
            #expect(
                file.code == 3 && file.errors.hasPrefix("nexo-watch: file: cannot be made (Not a dir"), "\(file.errors)"
            )
            // Nobody speaks TLS there.
            let plain = try await watch("init", url.replacing("http://", with: "https://"), "--folder", "w")
            #expect(plain.code == 3 && plain.errors.contains("begin the URL with http:// where"), "\(plain.errors)")
        }
        let missing = try await watch("check-config")
        #expect(
            missing.code == 2 && missing.errors.contains("watch.yaml: cannot be read; give the configuration's path"))
        let whole = try await watch("check-config", "--config", folder.url.path)
        #expect(whole.code == 2 && whole.errors.contains("is a folder; give the path of the file in it"))
    }

    @Test func aFolderThatCannotBeMade() async throws {
        let server = try await Program.run(
            "nexo-server", ["run", "--data", "/proc/x", "--port", "0"], folder: folder.url)
        #expect(server.code == 3 && server.errors.hasPrefix("nexo-server: /proc/x: cannot be made ("), "\(server)")
        _ = try folder.write(TestLog.honest(1).trust().json.bytes(), to: "trust.json")
        _ = try folder.write(
            "listen: 127.0.0.1:0\nstore: /proc/x/watch.db\nlogs: [{name: a, url: \"http://127.0.0.1:1\", trust: trust.json}]",
            to: "watch.yaml")
        let watcher = try await watch("run")
        #expect(watcher.code == 3 && watcher.errors.hasPrefix("nexo-watch: /proc/x: cannot be made ("), "\(watcher)")
    }

    /// The port is named, and what to do.
    @Test func aPortThatIsTaken() async throws {
        try await ScriptedServer.run { _, url in
            let port = try #require(url.split(separator: ":").last)
            _ = try folder.write(TestLog.honest(1).trust().json.bytes(), to: "trust.json")
            _ = try folder.write(
                "listen: 127.0.0.1:\(port)\nlogs: [{name: a, url: \"\(url)\", trust: trust.json}]\n", to: "watch.yaml")
            let refused = try await watch("run")
            // The end of the start is no fault of the store, of which nothing is said.
            #expect(
                refused.code == 3 && !refused.errors.contains(#""level":"error""#)
                    && refused.errors.hasSuffix(
                        "nexo-watch: 127.0.0.1:\(port): another program listens there already; stop it, or give "
                            + "another port under listen:\n"),
                "\(refused.errors)")
            let server = try await Program.run(
                "nexo-server", ["run", "--data", "data", "--host", "127.0.0.1", "--port", String(port)],
                folder: folder.url)
            #expect(
                server.code == 3
                    && server.errors.contains("nexo-server: 127.0.0.1:\(port): another program listens there already"),
                "\(server.errors)")
        }
    }
}
