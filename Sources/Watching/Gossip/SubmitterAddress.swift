import Glibc

/// Whom a bound on submissions counts as one: an IPv4 address, or a network of 64 bits of IPv6, which one subscriber has
/// for itself. However it is written, with a port or a zone too, it is the same; what is no address is one submitter.
struct SubmitterAddress: Hashable, Sendable {
    private let bytes: [UInt8]

    init(_ text: String) {
        var text = text.filter { $0 != " " }[...]
        if text.first == "[" {
            text = text.dropFirst().prefix { $0 != "]" }
        } else if text.contains("."), text.count(where: { $0 == ":" }) == 1 {
            text = text.prefix { $0 != ":" }
        }
        text = text.prefix { $0 != "%" }
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, String(text), &bytes) == 1 {
            self.bytes = Array(bytes.prefix(4))
        } else if inet_pton(AF_INET6, String(text), &bytes) == 1 {
            // An IPv4 address inside IPv6 (::ffff:0:0/96) is that IPv4 address.
            let isMapped = bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
            self.bytes = isMapped ? Array(bytes.suffix(4)) : Array(bytes.prefix(8))
        } else {
            self.bytes = []
        }
    }
}
