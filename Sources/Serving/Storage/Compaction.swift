public import Foundation
import LogFiles
import TransparencyLog

/// Rewrites a data folder in the least space that the protocol allows.
///
/// Registrations keep their order and everything that a leaf is made of; heads are never rewritten, since they are kept
/// as they were signed. The new file must pass the same audit as the old one before it takes its place.
public struct Compaction: Sendable {
    /// What may go, from the environment.
    public struct Retention: Hashable, Sendable {
        /// Members that the protocol does not know stay (RETAIN_RAW=1).
        public var keepsRaw = false
        /// Set-aside tails are kept for so many days (RETAIN_TORN_DAYS, default 30).
        public var tornDays = 30

        public init(environment: [String: String]) throws {
            switch environment["RETAIN_RAW"] ?? "0" {
            case "0": keepsRaw = false
            case "1": keepsRaw = true
            default: throw ConfigurationError("RETAIN_RAW: must be 0 or 1")
            }
            guard let days = Int(environment["RETAIN_TORN_DAYS"] ?? "30"), (0...36_500).contains(days) else {
                throw ConfigurationError("RETAIN_TORN_DAYS: must be a number of days")
            }
            tornDays = days
        }
    }

    public struct Result: Hashable, Sendable {
        public var registrations: UInt64
        public var bytesBefore: UInt64
        public var bytesAfter: UInt64
        public var removed: [String]
    }

    /// - Throws: without any change to the folder's files, unless the rewritten log is proved to be the same log.
    public static func run(_ folder: URL, retention: Retention, now: Date) async throws -> Result {
        // Opened: locked against a server, until the end, and audited as it is.
        let before = try await LogFolder.openExisting(folder)
        defer { withExtendedLifetime(before) {} }
        let path = folder.appending(path: "users.jsonl").path
        let count = Int(before.tree.size)
        // On the same disk, so that it can take the other's place; one of an earlier run that was killed is of no use.
        let next = folder.appending(path: ".compacting")
        if FileManager.default.fileExists(atPath: next.path) { try FileManager.default.removeItem(at: next) }
        try FileManager.default.createDirectory(at: next, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: next) }
        let nextPath = next.appending(path: "users.jsonl").path
        do {
            var file = try DurableAppender(path: nextPath)
            for start in stride(from: 0, to: count, by: 10_000) {
                let lines = try before.storage.registrations(start..<min(start + 10_000, count))
                try file.append(contentsOf: lines.map { try rewritten($0, keepsRaw: retention.keepsRaw) })
            }
        }
        // The proof: every root of the published chain, from the new file.
        let read = try RegistrationReader(path: nextPath)
        guard read.broken == nil, read.tree.size == before.tree.size else {
            throw LogFileError(path: nextPath, reason: "was not rewritten whole; nothing was changed")
        }
        let audit = FolderAudit(
            trust: try ServerTrust(of: folder), tree: read.tree, heads: before.storage.headLines,
            path: folder.appending(path: "sth.jsonl").path, folder: folder.path,
            jobs: ProcessInfo.processInfo.activeProcessorCount)
        let findings = try await audit.run(from: 0)
        guard findings.isEmpty else { throw LogFolder.Flawed(folder: next.path, findings: findings) }
        let bytesBefore = before.storage.registrationBytes(of: count)
        try AtomicFile.replace(path, with: nextPath)
        return Result(
            registrations: before.tree.size, bytesBefore: bytesBefore, bytesAfter: read.ends.last ?? 0,
            removed: try removeTorn(folder, before: now.addingTimeInterval(-86_400 * Double(retention.tornDays))))
    }

    private static func rewritten(_ line: [UInt8], keepsRaw: Bool) throws -> [UInt8] {
        let value = try JSONReader.parse(line)
        let registration = try Registration(value)
        var members = [
            JSONMember("id", .string(registration.id)),
            JSONMember("public_key", .string(Base64.encode(registration.publicKey))),
            JSONMember("timestamp", .integer(registration.timestamp)),
            JSONMember("leaf_hash", .string(registration.leafHash.base64)),
        ]
        if keepsRaw {
            let known = Set(members.map(\.name))
            members += (value.members ?? []).filter { !known.contains($0.name) }
        }
        return JSONValue.object(members).bytes()
    }

    /// Tails that a crash left, and that nobody came for.
    private static func removeTorn(_ folder: URL, before date: Date) throws -> [String] {
        let keys: [URLResourceKey] = [.contentModificationDateKey]
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: keys)
            .filter { $0.lastPathComponent.contains(".jsonl.torn-") }
            .filter { try $0.resourceValues(forKeys: Set(keys)).contentModificationDate ?? .distantFuture < date }
            .map { file in
                try FileManager.default.removeItem(at: file)
                return file.lastPathComponent
            }.sorted()
    }
}
