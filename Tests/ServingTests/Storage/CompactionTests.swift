import Auditing
import Foundation
import HostileLog
import LogFiles
import Serving
import Testing
import TransparencyLog

struct CompactionTests {
    let server: TestServer

    init() throws { server = try TestServer() }

    func compact(_ environment: [String: String] = [:]) async throws -> Compaction.Result {
        try await Compaction.run(
            server.folder.url, retention: .init(environment: environment), now: Date())
    }

    /// White space, unknown members and false claims go; the log is the same.
    @Test(arguments: ["0", "1"])
    func theLogIsTheSameInLessSpace(keepsRaw: String) async throws {
        try await server.fill(4)
        let compactUsers = try server.text("users.jsonl")
        let loose = compactUsers.replacing(
            ",\"timestamp\"", with: " , \"device\":\"phone\",\n\"timestamp\"".replacing("\n", with: " "))
        _ = try server.folder.write(loose, to: "users.jsonl")
        let heads = try server.text("sth.jsonl")
        let result = try await compact(["RETAIN_RAW": keepsRaw])
        #expect(result.registrations == 4 && result.bytesAfter < result.bytesBefore)
        #expect(try server.text("sth.jsonl") == heads)
        let users = try server.text("users.jsonl")
        if keepsRaw == "0" { #expect(users == compactUsers) } else { #expect(users.contains(#""device":"phone"}"#)) }
        #expect(UInt64(users.utf8.count) == result.bytesAfter)
        #expect(!FileManager.default.fileExists(atPath: server.path(".compacting")))
        #expect(try await server.audit().verdict == .clean)
    }

    @Test func aFlawedFolderIsNotTouched() async throws {
        try await server.fill(4)
        let flawed = try server.text("sth.jsonl").replacing("\"sig\":\"", with: "\"sig\":\"A")
        _ = try server.folder.write(flawed, to: "sth.jsonl")
        let users = try server.text("users.jsonl").replacing("{", with: "{ ")
        _ = try server.folder.write(users, to: "users.jsonl")
        await #expect(throws: LogFolder.Flawed.self) { try await compact() }
        #expect(try server.text("users.jsonl") == users)
    }

    @Test func aRunningServersFolderIsNotTouched() async throws {
        let log = try await server.service()
        let error = await #expect(throws: LogFileError.self) { try await compact() }
        #expect(try #require(error).reason.contains("in use by another server"))
        withExtendedLifetime(log) {}
    }

    @Test func oldTornTailsGo() async throws {
        try await server.fill(1)
        let old = try server.folder.write("x", to: "users.jsonl.torn-5")
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 0)], ofItemAtPath: old)
        _ = try server.folder.write("x", to: "users.jsonl.torn-6")
        let result = try await compact()
        #expect(result.removed == ["users.jsonl.torn-5"])
        #expect(FileManager.default.fileExists(atPath: server.path("users.jsonl.torn-6")))
        #expect(throws: ConfigurationError.self) { try Compaction.Retention(environment: ["RETAIN_TORN_DAYS": "x"]) }
        #expect(throws: ConfigurationError.self) { try Compaction.Retention(environment: ["RETAIN_RAW": "yes"]) }
    }
}
