import Glibc

/// An IP address as its bytes: 4 or 16.
struct IPAddress: Hashable, Sendable {
    let bytes: [UInt8]

    /// An IPv4 address inside IPv6 (::ffff:0:0/96) is that IPv4 address: it is one client, and one proxy.
    init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self.bytes = Array(bytes.prefix(4))
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            let isMapped = bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
            self.bytes = isMapped ? Array(bytes.suffix(4)) : bytes
        } else {
            return nil
        }
    }

    /// What a rate limit counts by: one host has a /64 of IPv6 for itself.
    var limited: [UInt8] { bytes.count == 16 ? Array(bytes.prefix(8)) : bytes }
}

/// An address, or all that share a prefix: `10.0.0.0/8`.
public struct IPNetwork: Hashable, Sendable {
    private let address: IPAddress
    private let bits: Int

    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else { return nil }
        let width = address.bytes.count * 8
        let bits = parts.count == 1 ? width : Int(parts[1])
        guard let bits, (0...width).contains(bits) else { return nil }
        self.address = address
        self.bits = bits
    }

    func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        return (0..<bits).allSatisfy { bit in
            (address.bytes[bit / 8] ^ other.bytes[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
        }
    }
}
