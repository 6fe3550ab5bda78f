import Foundation
import HostileLog
import LogFiles
import Serving
import Testing
import TransparencyLog

/// A folder that any watcher would complain of is not continued.
struct FolderAuditTests {
    let server: TestServer

    init() throws { server = try TestServer() }

    func change(_ name: String, _ change: (inout [String]) throws -> Void) throws {
        var lines = try server.text(name).split(separator: "\n").map(String.init)
        try change(&lines)
        _ = try server.folder.write(lines.map { $0 + "\n" }.joined(), to: name)
    }

    @Test(arguments: ["root", "prev_hash", "timestamp", "signatures", "left out", "twice"])
    func aFlawedChainIsRefusedWithItsReason(flaw: String) async throws {
        try await server.fill(6)
        try change("sth.jsonl") { lines in
            switch flaw {
            case "left out": lines.remove(at: 2)
            case "twice": lines.swapAt(2, 3)
            case "root":
                lines[2].replace(/"root":"./, with: #""root":"\#(lines[2].contains(#""root":"A"#) ? "B" : "A")"#)
            case "prev_hash": lines[2].replace(/"prev_hash":"[^"]*"/, with: #""prev_hash":"""#)
            case "timestamp": lines[2].replace(/"timestamp":\d+/, with: #""timestamp":1700000001"#)
            default: lines[2].replace(/"sig":"/, with: #""sig":"A"#)
            }
        }
        let flawed = try await #require(throws: LogFolder.Flawed.self) { try await server.open() }
        let text = flawed.description
        #expect(text.contains("fails its own audit:\n  violation "))
        #expect(text.contains("nexo-audit verify --trust"))
        #expect(text.contains("--accept-findings"))
        let accepted = try await server.open(acceptsFindings: true)
        #expect(accepted.notices.contains { $0.hasPrefix("accepted: violation ") })
    }

    /// The mark saves the audit of what was audited in this very form, and of nothing else.
    @Test func theMarkDoesNotHideAChange() async throws {
        try await server.fill(5)
        #expect(FileManager.default.fileExists(atPath: server.path("audited.json")))
        #expect(try await server.open().notices.isEmpty)
        try change("sth.jsonl") { $0[1].replace(/"timestamp":\d+/, with: #""timestamp":1700000001"#) }
        await #expect(throws: LogFolder.Flawed.self) { try await server.open() }
        for mark in ["", "{}", #"{"format":"nexo-server-audited/v1","heads":5,"digest":"","trust":""}"#] {
            _ = try server.folder.write(mark, to: "audited.json")
            await #expect(throws: LogFolder.Flawed.self) { try await server.open() }
        }
    }

    @Test func anOlderCopyIsToldOf() async throws {
        try await server.fill(3)
        let (users, heads) = (try server.text("users.jsonl"), try server.text("sth.jsonl"))
        try await server.fill(2, named: "next")
        _ = try server.folder.write(users, to: "users.jsonl")
        _ = try server.folder.write(heads, to: "sth.jsonl")
        // Neither at the first start nor at the next one: what was seen is known until somebody decides.
        for _ in 0..<2 {
            let error = try await #require(throws: LogFolder.OlderCopy.self) { try await server.open() }
            #expect(error.description.contains("with 5 heads") && error.description.contains("--accept-findings"))
        }
        let notices = try await server.open(acceptsFindings: true).notices
        #expect(notices.contains { $0.contains("is not the one that was audited last, with 5 heads") })
    }

    /// Cut by its operator, a folder is what it is.
    @Test func headsThatWereCut() async throws {
        try await server.fill(3)
        _ = try FolderRepair.run(server.folder.url, usersFrom: nil, headsFrom: 3)
        #expect(try await server.open().notices.isEmpty)
    }

    /// A trust file that cannot be read is there all the same, and no other one takes its place.
    @Test func aTrustFileThatIsNone() async throws {
        try await server.fill(1)
        let path = server.path("trust.json")
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let error = try await #require(throws: LogFileError.self) { try await server.open() }
        #expect(error.reason.contains("check who may read it"))
    }

    @Test func otherKeysThanTheTrustFiles() async throws {
        try await server.fill(2)
        try FileManager.default.removeItem(atPath: server.path("keys"))
        let error = try await #require(throws: CosignerKeys.Invalid.self) { try await server.open() }
        #expect(error.description.contains("are not those of"))
        // Told so, the server opens a window of its own behind what others signed.
        try FileManager.default.removeItem(atPath: server.path("trust.json"))
        let folder = try await server.open()
        #expect(folder.notices.contains { $0.contains("signed by none of these keys") })
    }
}
