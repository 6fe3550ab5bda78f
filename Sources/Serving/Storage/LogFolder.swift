public import Foundation
import LogFiles
import TransparencyLog

/// A data folder, opened: locked, its torn tails set aside, read, and audited.
public struct LogFolder: Sendable {
    let storage: JSONLStorage
    let tree: MerkleTree
    let index: RegistrationIndex
    let trust: TrustFile
    let headsCount: Int
    let newest: SignedTreeHead?
    let newestLine: [UInt8]?
    /// The file that says which heads were audited last.
    static let markName = "audited.json"

    /// What the operator should know, though it stops nothing.
    public let notices: [String]

    /// Why a folder is not continued: its own audit found what every watcher would.
    public struct Flawed: Error, CustomStringConvertible, Sendable {
        let folder: String
        let findings: [Finding]

        public var description: String {
            "\(folder): fails its own audit:\n"
                + findings.map { "  \($0.text)\n" }.joined()
                + "restore it from a copy; for the whole report: nexo-audit verify --trust \(folder)/trust.json "
                + "--heads \(folder)/sth.jsonl --leaves \(folder)/users.jsonl. If it was published like this, and is to be "
                + "continued all the same: --accept-findings"
        }
    }

    /// Opens a data folder, a field server's too.
    ///
    /// The heads are not those that were audited last, and may be fewer than somebody has seen.
    public struct OlderCopy: Error, CustomStringConvertible, Sendable {
        let path: String
        let heads: Int

        public var description: String {
            "\(path): is not the one that was audited last, with \(heads) heads: if it was restored from an older copy, heads that "
                + "were seen will be contradicted by new ones, which every watcher tells as a fork, and a cosigner at another party "
                + "that signed them signs nothing more. Restore a newer copy; if there is none, and the log is to be continued "
                + "all the same: --accept-findings"
        }
    }

    /// - Parameter acceptsFindings: continues a chain with flaws that are published already. Registrations that do not
    ///   give the newest head's root are never accepted: what is signed next would continue nothing.
    public static func open(_ folder: URL, keys: CosignerKeys, acceptsFindings: Bool = false) async throws -> LogFolder
    {
        try DurableFolder.make(folder.path)
        return try await open(folder, acceptsFindings: acceptsFindings) { sample in
            try ServerTrust(folder: folder, keys: keys, sample: sample)
        }
    }

    /// Opens a folder that a log was served from. Nothing is made in one that holds none, such as a mistyped one.
    ///
    /// - Parameter keys: `nil` where nothing is to be signed.
    public static func openExisting(_ folder: URL, keys: CosignerKeys? = nil) async throws -> LogFolder {
        let names = ["users.jsonl", "sth.jsonl"]
        guard names.contains(where: { FileManager.default.fileExists(atPath: folder.appending(path: $0).path) }) else {
            throw LogFileError(
                path: folder.path, reason: "holds no log, neither users.jsonl nor sth.jsonl: is --data right?")
        }
        return try await open(folder, acceptsFindings: false) { sample in
            if let keys {
                try ServerTrust(folder: folder, keys: keys, sample: sample)
            } else {
                try ServerTrust(of: folder)
            }
        }
    }

    private static func open(
        _ folder: URL, acceptsFindings: Bool, trust: ([SignedTreeHead]) throws -> ServerTrust
    ) async throws -> LogFolder {
        let usersPath = folder.appending(path: "users.jsonl").path
        let headsPath = folder.appending(path: "sth.jsonl").path
        let markPath = folder.appending(path: Self.markName).path
        let users = try DurableAppender(path: usersPath)
        let heads = try DurableAppender(path: headsPath)
        var notices = [users.tornTail, heads.tornTail].compactMap { $0 }.map {
            "a torn tail from byte \($0.byteOffset) on was set aside in \($0.savedAs)"
        }
        let earlier = AuditedMark(path: markPath)
        // The two files at once: each is a core's work.
        async let scanning = HeadScan(path: headsPath, earlier: earlier)
        var read = try RegistrationReader(path: usersPath)
        var scan = try await scanning
        let lines = try IndexedLines(path: headsPath, ends: scan.ends)
        let sample = try sample(of: lines, path: headsPath, folder: folder.path)
        try check(read, against: sample.last, path: usersPath, folder: folder.path)
        let published = sample.last?.treeSize ?? 0
        // Seldom, and few: but one of them may hide a published registration of its id.
        if read.tree.size > published { read = try RegistrationReader(path: usersPath, published: published) }
        let trust = try trust(sample)
        if trust.signedByOthers {
            notices.append(
                "the newest head is signed by none of these keys: watchers need them in their trust files, from the next "
                    + "size")
        }
        scan.mark.trust = trust.digest
        let audited = earlier?.trust == trust.digest ? scan.audited : 0
        let audit = FolderAudit(
            trust: trust, tree: read.tree, heads: lines, path: headsPath, folder: folder.path,
            jobs: ProcessInfo.processInfo.activeProcessorCount)
        let findings = try await audit.run(from: audited)
        guard findings.isEmpty || acceptsFindings else { throw Flawed(folder: folder.path, findings: findings) }
        if let earlier, scan.audited != earlier.heads {
            // Whoever saw the heads that are gone would be shown others of their sizes: a fork, by this server.
            guard acceptsFindings else { throw OlderCopy(path: headsPath, heads: earlier.heads) }
            notices.append(
                "\(headsPath) is not the one that was audited last, with \(earlier.heads) heads: if it was restored from "
                    + "an older copy, heads that were seen will be contradicted")
        }
        notices += findings.map { "accepted: \($0.text)" }
        let storage = JSONLStorage(
            users: users, heads: heads, userLines: try IndexedLines(path: usersPath, ends: read.ends),
            headLines: lines, mark: scan.mark, markPath: markPath)
        if findings.isEmpty, scan.mark != earlier { try await storage.writeMark() }
        return LogFolder(
            storage: storage, tree: read.tree, index: read.index, trust: trust.file, headsCount: scan.ends.count,
            newest: sample.last, newestLine: try lines.lines(max(lines.count - 1, 0)..<lines.count).first,
            notices: notices)
    }

    /// Heads to see the dialect from: some of the oldest, and the newest ones.
    private static func sample(of lines: IndexedLines, path: String, folder: String) throws -> [SignedTreeHead] {
        let oldest = 0..<min(64, lines.count)
        let newest = max(oldest.upperBound, lines.count - 64)..<lines.count
        return try FolderAudit.heads(oldest, of: lines, path: path, folder: folder)
            + FolderAudit.heads(newest, of: lines, path: path, folder: folder)
    }

    /// The newest head must be the head of these registrations, or we would sign a tree that is no continuation of it.
    private static func check(
        _ read: RegistrationReader, against last: SignedTreeHead?, path: String, folder: String
    ) throws(LogFileError) {
        let covered = last?.treeSize ?? 0
        if let broken = read.broken {
            let remedy =
                UInt64(broken.line) > covered
                ? "no published head covers it: set it and what follows aside with "
                    + "`nexo-server repair --data \(folder) --users-from \(broken.line)`"
                : "a published head covers it: restore the file from a copy"
            throw LogFileError(path: path, reason: "line \(broken.line): \(broken.reason); \(remedy)")
        }
        guard let last else { return }
        guard covered <= read.tree.size else {
            throw LogFileError(
                path: path,
                reason: "has \(read.tree.size) registrations, fewer than the newest head's \(covered); restore it")
        }
        guard TreeVerifier.check(last, in: read.tree) == nil else {
            throw LogFileError(
                path: path,
                reason:
                    "does not give the newest head's root at size \(covered): a registration was changed; restore it, "
                    + "and run nexo-audit verify on both files")
        }
    }
}
