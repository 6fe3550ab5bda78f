package import Listening

extension WatchConfiguration {
    /// Who may read the site, and what it may cost.
    public struct Status: Sendable, Equatable {
        /// Path of a file with the token that readers must show; nil: none is asked for.
        public var tokenFile: String?
        /// A reverse proxy decides who may read.
        public var isBehindProxy = false
        /// Names beside localhost that a browser may call the site by; needed where a proxy passes its own name on.
        public var hosts: [String] = []
        /// Connections at once; more wait until one ends.
        public var connections = 64
        /// For one answer.
        public var requestTimeout = Duration.seconds(10)
        /// Of one connection: fixed, but for tests. A scraper comes back within a minute; whoever is slower opens a new one.
        package var connection = ConnectionBounds()
    }
}
