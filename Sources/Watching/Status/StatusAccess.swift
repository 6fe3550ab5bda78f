import Foundation
import Hummingbird
import TransparencyLog

/// Who may read the site.
///
/// On loopback everybody on the machine may, by the names of loopback alone: a web page in somebody's browser could
/// otherwise point a name of its own at 127.0.0.1 and read along (DNS rebinding). Elsewhere a token is asked for, or a
/// proxy in front decides.
public struct StatusAccess: Sendable {
    /// Shorter ones can be guessed.
    static let shortestToken = 16

    let isLoopback: Bool
    /// SHA-256 of the token: what is compared has one length, whatever a reader sends.
    private let token: Digest?
    /// The names that the Host header may have; nil: any.
    private let hosts: Set<String>?
    /// What is told at start.
    public let summary: String

    public init(_ configuration: WatchConfiguration) throws(ConfigurationFile.Invalid) {
        guard let (host, _) = StatusServer.address(configuration.listen) else {
            throw .init(description: "listen: must be host:port, not \(configuration.listen)")
        }
        let status = configuration.status
        isLoopback = Self.isLoopback(host)
        token = try status.tokenFile.map(Self.read)
        let names = Set(status.hosts)
        hosts = isLoopback ? names.union(["localhost", "127.0.0.1", "[::1]"]) : names.isEmpty ? nil : names
        switch (token != nil, status.isBehindProxy, isLoopback) {
        case (true, _, _):
            summary =
                isLoopback
                ? "status and metrics need the token"
                : "status and metrics need the token, which goes over the network as it is: use TLS in front"
        case (false, true, _): summary = "status and metrics are open to whoever the proxy in front lets through"
        case (false, false, true): summary = "status and metrics are open to this machine alone"
        case (false, false, false):
            throw .init(
                description:
                    "listen: \(configuration.listen) is not loopback, and everybody could read the status; set "
                    + "status.token_file to a file with a token, or status.behind_proxy: true where a proxy decides")
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1"
            || (host.hasPrefix("127.") && host.split(separator: ".").count == 4
                && host.utf8.allSatisfy { $0 == 0x2E || (0x30...0x39).contains($0) })
    }

    private static func read(_ path: String) throws(ConfigurationFile.Invalid) -> Digest {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .init(description: "status.token_file: \(path) cannot be read; check its path and who may read it")
        }
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard text.utf8.count >= shortestToken, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .init(
                description: "status.token_file: \(path) must hold one token of at least \(shortestToken) printable "
                    + "characters; `openssl rand -hex 32` makes one")
        }
        return .sha256(Array(text.utf8))
    }

    /// By the Host header, without its port.
    func allows(host authority: String?) -> Bool {
        guard let hosts else { return true }
        guard let authority = authority?.lowercased() else { return false }
        guard let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") else {
            return hosts.contains(authority)
        }
        let isPort = authority[authority.index(after: colon)...].utf8.allSatisfy { (0x30...0x39).contains($0) }
        return isPort && hosts.contains(String(authority[..<colon]))
    }

    /// By the Authorization header: the token as a bearer, or as the password that a browser asks its reader for.
    func allows(authorization: String?) -> Bool {
        guard let token else { return true }
        guard let given = authorization.flatMap(Self.token) else { return false }
        let difference = zip(Digest.sha256(given).bytes, token.bytes).reduce(0) { $0 | ($1.0 ^ $1.1) }
        return difference == 0
    }

    private static func token(_ authorization: String) -> [UInt8]? {
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        switch parts[0].lowercased() {
        case "bearer": return Array(parts[1].utf8)
        case "basic":
            guard let decoded = Data(base64Encoded: String(parts[1])).map(Array.init) else { return nil }
            return decoded.firstIndex(of: UInt8(ascii: ":")).map { Array(decoded[($0 + 1)...]) }
        default: return nil
        }
    }
}
