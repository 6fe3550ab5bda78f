extension WatchConfiguration {
    /// One way to ask a log: from where, and as whom. A log that shows each asker another history is caught by two.
    public struct Vantage: Sendable, Hashable {
        /// A label of metrics, and part of the evidence.
        public var name: String
        /// http, https, socks4, socks4a, socks5 or socks5h.
        public var proxy: String?
        /// An interface's name or a source address.
        public var interface: String?
        /// `host:port:address`: asked there, whatever the resolver says.
        public var resolve: [String] = []
        /// `Name: value`, sent with every request.
        public var headers: [String] = []
        /// Paths of PEM files.
        public var clientCertificate: String?
        public var clientKey: String?
        public var caFile: String?
        /// `sha256//` and the base64 of the server's public key's hash; several are joined by `;`.
        public var pinnedKey: String?

        public init(name: String) { self.name = name }

        /// Straight from this machine.
        public static let direct = Vantage(name: "direct")

        /// What makes connections, without the name: vantages that are alike share them.
        var transport: Vantage {
            var transport = self
            transport.name = ""
            return transport
        }
    }
}
