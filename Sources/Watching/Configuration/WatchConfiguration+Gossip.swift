extension WatchConfiguration {
    /// Whom this watcher compares notes with, and what that may cost.
    public struct Gossip: Sendable, Equatable {
        public struct Peer: Sendable, Hashable {
            /// A label of metrics, and part of the evidence.
            public var name: String
            public var url: String
            /// Path of a PEM file with the authorities that may vouch for the peer.
            public var caFile: String?

            public init(name: String, url: String) {
                self.name = name
                self.url = url
            }
        }

        /// Path of the key that vouches for heads; nil: this watcher vouches for none.
        public var keyFile: String?
        public var peers: [Peer] = []
        /// Between rounds.
        public var interval = Duration.seconds(60)
        public var limits = Limits()

        public init() {}

        /// Bounds on what hostile peers and submitters can cost.
        public struct Limits: Sendable, Equatable {
            /// For one list of a peer, in bytes.
            public var answerBytes = 8 << 20
            /// For one file of evidence of a peer, in bytes.
            public var evidenceBytes = 4 << 20
            /// For one request to a peer, in seconds.
            public var timeout = 30
            /// Files of evidence that are fetched of one peer in one round.
            public var evidencePerRound = 16
            /// Heads of one log that wait until they can be compared, of each peer and of those who submit.
            public var heardHeads = 64
            /// For a log whose own answer is being judged, before other logs are compared.
            public var patience = Duration.seconds(2)
            /// For such logs, all at once behind the others, before what was heard of them is left for the next round.
            public var latePatience = Duration.seconds(180)
            /// While such logs are waited for: when that ends, whatever is still to be compared. Not in the configuration.
            var lateUntil: ContinuousClock.Instant?
            /// Proofs against one log that are made, taken in and offered: more prove nothing more.
            public var conflicts = 16
            /// Checkpoints of one log that are kept.
            public var checkpoints = 1_000
            /// For one submission, in bytes, and in heads.
            public var submissionBytes = 256 << 10
            public var submissionHeads = 16
            /// Submissions of one address in a minute.
            public var submissionsPerMinute = 30
            /// Addresses that are remembered for that.
            public var submitters = 10_000
            /// Heads in the submissions of all addresses in a minute.
            public var headsPerMinute = 6_000
        }
    }
}
