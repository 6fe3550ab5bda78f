package import NIOHTTP1

/// What RFC 9112 asks of a request's head, and the decoder leaves to others.
///
/// The decoder (llhttp) refuses two lengths, a length beside a transfer coding, folded lines, bare line feeds, spaces before a
/// colon and control characters. It takes any transfer coding, any number of hosts, and any target.
package enum RequestRules {
    /// Checks a head, and turns the target in absolute form into the one in origin form.
    ///
    /// - Throws: `RequestFault`.
    package static func check(_ head: inout HTTPRequestHead) throws(RequestFault) {
        try checkTransferCoding(head)
        try checkHost(head)
        try checkTarget(&head)
    }

    /// The body's end must be known (section 6.3), by the one transfer coding that is understood (section 6.1).
    private static func checkTransferCoding(_ head: HTTPRequestHead) throws(RequestFault) {
        let fields = head.headers["Transfer-Encoding"]
        guard !fields.isEmpty else { return }
        guard head.version == .http1_1, !head.headers.contains(name: "Content-Length") else {
            throw RequestFault(.badRequest, "Transfer-Encoding: is not of HTTP/1.0, nor beside Content-Length")
        }
        let codings = fields.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
            .map { $0.trimming(" \t").lowercased() }
        guard codings.last == "chunked" else {
            throw RequestFault(.badRequest, "Transfer-Encoding: must end in chunked")
        }
        guard codings.count == 1 else {
            throw RequestFault(.notImplemented, "Transfer-Encoding: must be chunked alone")
        }
    }

    /// One host, and one that can be read (section 3.2). HTTP/1.0 has none.
    private static func checkHost(_ head: HTTPRequestHead) throws(RequestFault) {
        let hosts = head.headers["Host"]
        guard hosts.count == 1 || (hosts.isEmpty && head.version == .http1_0) else {
            throw RequestFault(.badRequest, "Host: there must be one")
        }
        guard hosts.allSatisfy({ $0.isEmpty || isAuthority($0) }) else {
            throw RequestFault(.badRequest, "Host: must be a name or an address, and a port at most")
        }
    }

    private static func checkTarget(_ head: inout HTTPRequestHead) throws(RequestFault) {
        let target = head.uri
        // The authority alone, which the decoder has checked. Nobody here answers it.
        if head.method == .CONNECT { return }
        guard !target.utf8.contains(UInt8(ascii: "#")) else {
            throw RequestFault(.badRequest, "the target: must have no fragment")
        }
        if target.utf8.first == UInt8(ascii: "/") { return }
        if target == "*", head.method == .OPTIONS { return }
        guard let scheme = target.firstRange(of: "://"),
            ["http", "https"].contains(target[..<scheme.lowerBound].lowercased())
        else { throw RequestFault(.badRequest, "the target: must be a path, or the URL of one") }
        let rest = target[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard isAuthority(authority) else {
            throw RequestFault(.badRequest, "the target: must name a host, and no user")
        }
        // The target's host counts, whatever the field says (section 3.2.2).
        head.headers.replaceOrAdd(name: "Host", value: String(authority))
        let path = rest[authority.endIndex...]
        head.uri = path.utf8.first == UInt8(ascii: "/") ? String(path) : "/\(path)"
    }

    /// `uri-host [ ":" port ]`, not empty (RFC 3986, section 3.2).
    private static func isAuthority(_ text: some StringProtocol) -> Bool {
        var rest = Array(text.utf8)[...]
        if rest.first == UInt8(ascii: "[") {
            guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
            guard rest[1..<end].count >= 2, rest[1..<end].allSatisfy({ isName($0) || $0 == UInt8(ascii: ":") }) else {
                return false
            }
            rest = rest[(end + 1)...]
        } else {
            let name = rest.prefix { isName($0) }
            guard !name.isEmpty else { return false }
            rest = rest[name.endIndex...]
        }
        guard let colon = rest.popFirst() else { return true }
        return colon == UInt8(ascii: ":") && rest.count <= 5 && rest.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// A byte of `reg-name`.
    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-._~%!$&'()*+,;=".utf8.contains(byte)
        }
    }
}

extension StringProtocol {
    fileprivate func trimming(_ marks: String) -> SubSequence {
        let start = drop { marks.contains($0) }
        return start.lastIndex { !marks.contains($0) }.map { start[...$0] } ?? start.prefix(0)
    }
}
