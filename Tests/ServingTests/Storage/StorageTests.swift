import Auditing
import Foundation
import HostileLog
import LogFiles
import Serving
import Synchronization
import Testing
import TransparencyLog

/// What is on the disk at each moment, and what a start makes of it.
struct StorageTests {
    let server: TestServer

    init() throws { server = try TestServer() }

    /// Each answer tells the registration's own size, and the head of that size is on the disk by then.
    @Test func registrationsAtOnceAreWrittenTogether() async throws {
        let log = try await server.service()
        let heads = server.path("sth.jsonl")
        let sizes = try await withThrowingTaskGroup(of: UInt64.self) { group in
            for index in 0..<3_000 {
                group.addTask {
                    let receipt = try await log.register(TestServer.registration("user\(index)"))
                    if index.isMultiple(of: 500) {
                        let text = try String(contentsOfFile: heads, encoding: .utf8)
                        #expect(text.contains("{\"tree_size\":\(receipt.treeSize),"))
                    }
                    return receipt.treeSize
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(sizes == Set(1...3_000))
        await log.close()
        let report = try await server.audit()
        #expect(report.verdict == .clean && report.headsChecked == 3_000 && report.rootsChecked == 3_000)
        await #expect(throws: LogService.Refusal.closed) { try await log.register(TestServer.registration("late")) }
    }

    /// A crash at any byte of the last batch leaves a folder that opens, with what was acknowledged before it.
    @Test func aCrashAtAnyByteLeavesAFolderThatOpens() async throws {
        try await server.fill(3)
        let (users, heads) = (try server.text("users.jsonl"), try server.text("sth.jsonl"))
        // Written when heads are on the disk, and so never ahead of them.
        let mark = try server.text("audited.json")
        try await server.fill(2, named: "next")
        let (allUsers, allHeads) = (try server.text("users.jsonl"), try server.text("sth.jsonl"))
        // Registrations are on the disk before the first byte of a head is written.
        var crashes: [(users: Substring, heads: Substring)] = []
        for cut in stride(from: users.utf8.count, through: allUsers.utf8.count, by: 7) {
            crashes.append((allUsers.prefix(cut), heads[...]))
        }
        for cut in stride(from: heads.utf8.count, through: allHeads.utf8.count, by: 29) {
            crashes.append((allUsers[...], allHeads.prefix(cut)))
        }
        for crash in crashes {
            _ = try server.folder.write(String(crash.users), to: "users.jsonl")
            _ = try server.folder.write(String(crash.heads), to: "sth.jsonl")
            _ = try server.folder.write(mark, to: "audited.json")
            let log = try await server.service()
            let lines = crash.users.utf8.count { $0 == 0x0A }
            #expect(await log.usersCount == UInt64(lines))
            // Every registration is covered by a head again, and the chain goes on.
            let latest = try SignedTreeHead(JSONReader.parse(#require(await log.latestHead)))
            #expect(latest.treeSize == UInt64(lines))
            _ = try await log.register(TestServer.registration("after"))
            await log.close()
            #expect(try await server.audit().verdict == .clean)
        }
    }

    /// What no head covers was never acknowledged: the message names the command that sets it aside, and it works.
    @Test func anUnreadableLineThatNobodyWasToldOf() async throws {
        try await server.fill(2)
        let users = try server.text("users.jsonl")
        _ = try server.folder.write(users + "\u{0}\u{0}\u{0}\n{\"id\":\"x\"}\n", to: "users.jsonl")
        let error = try await #require(throws: LogFileError.self) { try await server.service() }
        let command = "`nexo-server repair --data \(server.folder.url.path) --users-from 3`"
        #expect(error.description.contains(command))
        let cut = try FolderRepair.run(server.folder.url, usersFrom: 3, headsFrom: nil)
        #expect(cut.lines == 2 && cut.byteOffset == UInt64(users.utf8.count))
        #expect(try String(contentsOfFile: cut.savedAs, encoding: .utf8) == "\u{0}\u{0}\u{0}\n{\"id\":\"x\"}\n")
        #expect(try await server.service().usersCount == 2)
        #expect(throws: LogFileError.self) { try FolderRepair.run(server.folder.url, usersFrom: 2, headsFrom: nil) }
    }

    @Test func anUnreadableHead() async throws {
        try await server.fill(3)
        var lines = try server.text("sth.jsonl").split(separator: "\n").map(String.init)
        lines[2] = String(repeating: "\u{0}", count: 100)
        _ = try server.folder.write(lines.joined(separator: "\n") + "\n", to: "sth.jsonl")
        let error = try await #require(throws: LogFileError.self) { try await server.service() }
        #expect(error.description.contains("line 3: "))
        #expect(error.description.contains("--heads-from 3`"))
        _ = try FolderRepair.run(server.folder.url, usersFrom: nil, headsFrom: 3)
        #expect(try await server.service().headsCount == 3)
    }

    /// A disk or cosigners that refuse: nobody is told that a registration is published, and the next head covers it.
    @Test func tooFewCosigners() async throws {
        let cosigning = Moody(keys: try server.keys())
        let log = try await server.service(cosigning: cosigning)
        _ = try await log.register(TestServer.registration("a"))
        cosigning.signers.withLock { $0 = 1 }
        let refusal = await #expect(throws: LogService.Refusal.self) {
            try await log.register(TestServer.registration("b"))
        }
        guard case .notPublished(let why) = refusal else { throw try #require(refusal) }
        #expect(why == "the head of size 2 was signed by cosigner_0")
        #expect(await log.usersCount == 2)
        #expect(await log.headsCount == 1)
        cosigning.signers.withLock { $0 = 2 }
        #expect(try await log.register(TestServer.registration("c")).treeSize == 3)
        #expect(try await server.audit().verdict == .clean)
    }

    /// Cosigners that were away come back: what waits for a head need not wait for the next registration.
    @Test(.timeLimit(.minutes(1))) func registrationsThatWaitArePublishedByThemselves() async throws {
        let cosigning = Moody(keys: try server.keys())
        cosigning.signers.withLock { $0 = 1 }
        var retries = LogService.Retries()
        (retries.first, retries.most) = (.milliseconds(1), .milliseconds(4))
        let log = try await LogService(server.open(), cosigning: cosigning, retries: retries) { 1_700_000_000 }
        await #expect(throws: LogService.Refusal.self) { try await log.register(TestServer.registration("a")) }
        await #expect(throws: LogService.Refusal.self) { try await log.register(TestServer.registration("b")) }
        #expect(await eventually { cosigning.questions.withLock { $0 } > 8 })
        #expect(await log.headsCount == 0)
        cosigning.signers.withLock { $0 = 2 }
        #expect(await eventually { await log.headsCount > 0 })
        await log.close()
        let report = try await server.audit()
        #expect(report.verdict == .clean && report.headsChecked == 1 && report.coverage.lastSize == 2)
    }

    @Test func moreThanMayWaitIsRefused() async throws {
        let log = try await server.service(maximumWaiting: 1)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<50 {
                group.addTask { (try? await log.register(TestServer.registration("user\(index)"))) != nil }
            }
            return await group.reduce(into: (stored: 0, refused: 0)) { counts, stored in
                if stored { counts.stored += 1 } else { counts.refused += 1 }
            }
        }
        #expect(outcomes.stored > 0)
        #expect(await log.usersCount == UInt64(outcomes.stored))
    }

    /// Signs with so many keys.
    final class Moody: Cosigning {
        let keys: CosignerKeys
        let signers = Mutex(3)
        let questions = Mutex(0)

        init(keys: CosignerKeys) { self.keys = keys }

        func cosign(_ heads: [HeadToSign], history: any TreeHistory) async -> [[Cosignature]] {
            questions.withLock { $0 += 1 }
            let count = signers.withLock { $0 }
            return await keys.cosign(heads, history: history).map { Array($0.prefix(count)) }
        }
    }
}
