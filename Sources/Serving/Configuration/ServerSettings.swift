import Listening
public import Logging
import NIOCore

/// What an operator can set. Every bound that a stranger could reach is here.
public struct ServerSettings: Sendable {
    public var port = 5_000
    /// Origins of pages that may read answers and open relay sessions; `*` is all of them.
    public var corsOrigins: [String] = []
    /// Registrations, and relay sessions opened, that one client address may make a second; 0 is no limit.
    public var rateLimit = 100.0
    /// What a client may have saved up for a burst, in seconds.
    public var rateBurstSeconds = 10.0
    /// Client addresses that are remembered.
    public var rateLimitedClients = 100_000
    /// Proxies whose X-Forwarded-For is believed.
    public var trustedProxies: [IPNetwork] = []
    public var maximumBodyBytes = 16 << 10
    public var maximumHeaderBytes = 16 << 10
    public var maximumConnections = 20_000
    /// Heads in one answer of /sth/chain.
    public var maximumChainLimit = 100_000
    /// Registrations that may wait for the disk.
    public var maximumWaiting = 10_000
    /// A connection that sends nothing for so long is closed.
    public var idleSeconds = 60
    /// Whether /log/users.jsonl is served: it names users.
    public var publishesUsers = false
    /// Watchers that the pages compare notes with: they are proposed to readers, and no others may be asked.
    public var watchers: [String] = []
    public var relay = RelaySettings()

    public init() {}

    /// Reads the environment; what is not there keeps its default.
    public init(environment: [String: String]) throws(ConfigurationError) {
        let reader = SettingReader(environment)
        port = try reader.integer("PORT", port, 0...65_535)
        corsOrigins = try reader.list("CORS_ORIGINS", "* or an origin such as https://app.example", Self.origin)
        rateLimit = try reader.rate("RATE_LIMIT_RPS", rateLimit)
        rateBurstSeconds = try reader.number("RATE_LIMIT_BURST_SECONDS", rateBurstSeconds, 1...3_600)
        trustedProxies = try reader.list(
            "TRUSTED_PROXIES", "an address, or one with a prefix length", IPNetwork.init)
        // A line of users.jsonl with what is added to it has to stay below a mebibyte: nobody reads a longer one.
        maximumBodyBytes = try reader.integer("MAX_BODY_BYTES", maximumBodyBytes, 256...1_000_000)
        maximumHeaderBytes = try reader.integer("MAX_HEADER_BYTES", maximumHeaderBytes, 1_024...(1 << 20))
        maximumConnections = try reader.integer("MAX_CONNECTIONS", maximumConnections, 1...1_000_000)
        maximumChainLimit = try reader.integer("MAX_CHAIN_LIMIT", maximumChainLimit, 1...10_000_000)
        maximumWaiting = try reader.integer("MAX_WAITING_REGISTRATIONS", maximumWaiting, 1...1_000_000)
        idleSeconds = try reader.integer("IDLE_SECONDS", idleSeconds, 1...86_400)
        publishesUsers = try reader.flag("PUBLISH_USERS", publishesUsers)
        watchers = try reader.list(
            "WATCHERS", "the URL of a watcher such as https://watch.example, by name or IPv4 address", Self.watcher)
        relay = try RelaySettings(reader)
    }

    /// How much the log says.
    public static func logLevel(environment: [String: String]) throws(ConfigurationError) -> Logger.Level {
        guard let text = environment["LOG_LEVEL"], !text.isEmpty else { return .info }
        guard let level = Logger.Level(rawValue: text) else {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw ConfigurationError("LOG_LEVEL: must be one of \(levels)")
        }
        return level
    }

    var connection: ConnectionBounds {
        var bounds = ConnectionBounds()
        bounds.idle = .seconds(Int64(idleSeconds))
        bounds.fieldBytes = maximumHeaderBytes
        bounds.headerBytes = maximumHeaderBytes
        bounds.fieldCount = 100
        return bounds
    }

    /// A URL that can stand in a content security policy: no query, and none of its marks.
    private static func watcher(_ text: String) -> String? {
        let pattern = /(?i:https?):\/\/[A-Za-z0-9.\-]+(:[0-9]{1,5})?(\/[A-Za-z0-9._~\/\-]*)?/
        guard text.wholeMatch(of: pattern) != nil else { return nil }
        return String(text.reversed().drop { $0 == "/" }.reversed())
    }

    /// An origin as browsers send it: scheme, host and port, nothing behind.
    private static func origin(_ text: String) -> String? {
        // Shells of apps have schemes of their own: tauri://localhost, capacitor://localhost.
        guard text == "*" || text.wholeMatch(of: /[A-Za-z][A-Za-z0-9+.-]*:\/\/[^\/?#\s]+/) != nil else { return nil }
        return text.lowercased()
    }
}
