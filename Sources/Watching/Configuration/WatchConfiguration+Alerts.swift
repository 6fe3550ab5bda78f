extension WatchConfiguration {
    /// Who is told, how, and how often. Secrets stand in files of their own, never here.
    public struct Alerts: Sendable, Equatable {
        /// After a first message, changes of the same alert are told at most so often.
        public var groupInterval = Duration.seconds(300)
        /// Polls in a row that may fail, or leave a backlog as it is, before that is an alert.
        public var failingPolls = 5
        /// Deliveries of a sink in a row that may fail before the other sinks are told.
        public var failingDeliveries = 3
        /// Waited after a first failure of a sink; doubled with each further one, as far as `retryMax`.
        public var retryFirst = Duration.seconds(5)
        public var retryMax = Duration.seconds(300)
        /// For all deliveries of `run --once` together.
        public var onceTimeout = Duration.seconds(30)
        public var sinks: [Sink] = []
        public var heartbeat: Heartbeat?

        public init() {}
    }

    public struct Sink: Sendable, Equatable {
        public var name: String
        public var target: Target
        /// For one message.
        public var timeout = Duration.seconds(10)

        public enum Target: Sendable, Equatable {
            case webhook(Webhook)
            case alertmanager(Alertmanager)
            case email(Email)
            /// The program and its arguments.
            case command([String])
        }
    }

    /// A URL that may be secret itself.
    public enum Address: Sendable, Equatable {
        case url(String)
        /// The path of a file that holds the URL alone.
        case file(String)

        var file: String? { if case .file(let path) = self { path } else { nil } }
        /// Whether the URL is a secret, as those of many hooks are.
        var isSecret: Bool { file != nil }
    }

    public struct Webhook: Sendable, Equatable {
        public var address: Address
        /// Path of the file whose bytes are the key of the signature.
        public var secretFile: String?
        /// Path of the PEM of the authorities to trust, where not those of the system.
        public var caFile: String?
    }

    public struct Alertmanager: Sendable, Equatable {
        public var url: String
        /// How often a firing alert is sent again.
        public var resend = Duration.seconds(60)
        /// Where Alertmanager leads its reader; else the address that the watcher listens at.
        public var generatorURL: String?
        public var caFile: String?
    }

    public struct Email: Sendable, Equatable {
        /// smtp://host:port, or smtps://host:port
        public var smtp: String
        public var from: String
        public var to: [String]
        public var user: String?
        public var passwordFile: String?
        /// Whether a connection that is not encrypted will do.
        public var allowsPlain = false
        public var caFile: String?
    }

    /// Pinged while all is well; whoever waits for the pings calls when they stay away.
    public struct Heartbeat: Sendable, Equatable {
        public var address: Address
        public var interval = Duration.seconds(60)
        public var timeout = Duration.seconds(10)
        public var caFile: String?
    }
}
