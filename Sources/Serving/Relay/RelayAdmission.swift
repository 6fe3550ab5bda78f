import Foundation
import Listening
import NIOCore
import NIOHTTP1
import TransparencyLog

/// Decides which upgrades become relay sessions.
struct RelayAdmission: Sendable {
    enum Verdict {
        case upgrade
        /// An ordinary request, or an upgrade to something else, which a server may leave aside (RFC 9110, section 7.8).
        case noUpgrade
        case refuse(HTTPResponseStatus, HTTPHeaders, String)
    }

    static let maximumIDBytes = 128

    let relay: Relay
    let cors: CORS
    let limiter: RateLimiter
    let trustedProxies: [IPNetwork]

    /// The session's id in /ws/{session_id}; nil for other paths.
    static func session(_ uri: String) -> JSONText? {
        let path = uri.prefix { $0 != "?" && $0 != "#" }
        guard path.hasPrefix("/ws/") else { return nil }
        return path.dropFirst(4).removingPercentEncoding.map { JSONText($0) }
    }

    func judge(_ head: HTTPRequestHead, peer: SocketAddress?) -> Verdict {
        guard head.headers[canonicalForm: "upgrade"].contains(where: { $0.lowercased() == "websocket" }),
            head.headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "upgrade" }),
            let id = Self.session(head.uri)
        else { return .noUpgrade }
        var checked = head
        do { try RequestRules.check(&checked) } catch { return .refuse(error.status, [:], error.message) }
        guard head.method == .GET, head.version == .http1_1, !head.headers.contains(name: "Content-Length"),
            !head.headers.contains(name: "Transfer-Encoding")
        else { return .refuse(.badRequest, [:], "a WebSocket upgrade is a GET of HTTP/1.1 without a body") }
        guard (1...Self.maximumIDBytes).contains(id.utf8.count),
            !id.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "/") })
        else {
            return .refuse(.badRequest, [:], "session_id: must have 1 to \(Self.maximumIDBytes) bytes and no slash")
        }
        guard head.headers["Sec-WebSocket-Version"] == ["13"] else {
            return .refuse(.upgradeRequired, ["Sec-WebSocket-Version": "13"], "Sec-WebSocket-Version: must be 13")
        }
        let keys = head.headers["Sec-WebSocket-Key"]
        guard keys.count == 1, Base64.decode(JSONText(keys[0]))?.count == 16 else {
            return .refuse(.badRequest, [:], "Sec-WebSocket-Key: must be the base64 of 16 bytes")
        }
        if let origin = head.headers.first(name: "Origin"), !isOwn(origin, head), !cors.allows(origin) {
            return .refuse(.forbidden, [:], "Origin: is not one of CORS_ORIGINS")
        }
        let client = ClientAddress.of(peer: peer, forwarded: head.headers["X-Forwarded-For"], trusted: trustedProxies)
        if let wait = limiter.take(client?.limited ?? []) {
            return .refuse(
                .tooManyRequests, ["Retry-After": String(Int(wait.rounded(.up)))], "too many sessions from this address"
            )
        }
        guard !relay.isFull else {
            return .refuse(.serviceUnavailable, ["Retry-After": "60"], "as many sessions are open as may be")
        }
        return .upgrade
    }

    /// A page of our own.
    private func isOwn(_ origin: String, _ head: HTTPRequestHead) -> Bool {
        guard let host = head.headers.first(name: "Host") else { return false }
        return ["http://\(host)", "https://\(host)"].contains { $0.lowercased() == origin.lowercased() }
    }
}
