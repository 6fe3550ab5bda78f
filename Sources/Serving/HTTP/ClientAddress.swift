import NIOCore

/// Who asks: the peer, or who a proxy of ours says it is.
enum ClientAddress {
    /// - Parameter forwarded: the values of X-Forwarded-For. Each proxy appends whom it heard from, so it is read from the
    ///   end, and only as long as a trusted proxy speaks; what stands before is the client's own claim.
    static func of(peer: SocketAddress?, forwarded: [String], trusted: [IPNetwork]) -> IPAddress? {
        guard var address = (peer?.ipAddress).flatMap(IPAddress.init) else { return nil }
        let hops = forwarded.flatMap { $0.split(separator: ",") }.map { String($0.filter { $0 != " " }) }
        for hop in hops.reversed() {
            guard trusted.contains(where: { $0.contains(address) }), let next = IPAddress(hop) else { break }
            address = next
        }
        return address
    }
}
