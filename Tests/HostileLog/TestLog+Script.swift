import Foundation
import TransparencyLog

extension TestLog {
    /// Answers as a deployment does: the newest heads first, and the registrations.
    ///
    /// - Parameters:
    ///   - cap: the server gives at most so many heads, and does not say so.
    ///   - leaves: lines to serve instead of the log's own.
    public func script(cap: Int = .max, leaves: [String]? = nil) -> ScriptedServer.Script {
        let heads = headLines
        let hashes = registrations.map(\.leafHash)
        let users = (leaves ?? leafLines).map { $0 + "\n" }.joined()
        return { question in
            switch question.path {
            case "/sth/chain":
                let newest = heads.suffix(min(question.limit ?? 10, cap)).reversed()
                return .init("[\(newest.joined(separator: ","))]")
            case "/users.jsonl": return .init(users)
            case let path where path.hasPrefix("/tile/0/"):
                return Self.tile(path.dropFirst("/tile/0/".count), hashes).map { .init(body: $0) }
                    ?? .init("not here", status: 404)
            default: return .init("not here", status: 404)
            }
        }
    }

    /// Hashes of leaves as C2SP tlog-tiles lays them out; nil for a tile that the log does not have.
    private static func tile(_ path: Substring, _ hashes: [Digest]) -> [UInt8]? {
        let parts = path.components(separatedBy: ".p/")
        let number = parts[0].split(separator: "/").reduce(0) { $0 * 1_000 + (Int($1.drop { $0 == "x" }) ?? 0) }
        let width = parts.count > 1 ? Int(parts[1]) ?? 0 : 256
        guard number * 256 + width <= hashes.count else { return nil }
        return hashes[(number * 256)..<(number * 256 + width)].flatMap(\.bytes)
    }

    /// This log as it was with its first heads only.
    public func prefix(_ count: Int) -> TestLog {
        var log = self
        log.keep(heads: count)
        return log
    }
}
