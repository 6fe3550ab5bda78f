import Foundation
import Logging
import Serving
import Testing

struct SettingsTests {
    @Test func theEnvironmentIsRead() throws {
        let settings = try ServerSettings(environment: [
            "PORT": "81", "CORS_ORIGINS": " https://App.example ,http://localhost:3000,tauri://localhost",
            "RATE_LIMIT_RPS": "2.5",
            "TRUSTED_PROXIES": "10.0.0.0/8, ::1", "MAX_WS_PAYLOAD_BYTES": "2048", "PUBLISH_USERS": "1",
            "IDLE_SECONDS": "", "WATCHERS": "https://w1.example/, http://127.0.0.1:9464,https://x.example/nexo",
        ])
        #expect(
            settings.port == 81 && settings.rateLimit == 2.5 && settings.publishesUsers && settings.idleSeconds == 60)
        #expect(settings.corsOrigins == ["https://app.example", "http://localhost:3000", "tauri://localhost"])
        #expect(settings.watchers == ["https://w1.example", "http://127.0.0.1:9464", "https://x.example/nexo"])
        #expect(settings.relay.maximumPayloadBytes == 2_048 && settings.trustedProxies.count == 2)
        #expect(try ServerSettings(environment: [:]).relay.maximumPayloadBytes == 131_072)
    }

    /// The sample names each setting, and has the defaults.
    @Test func theSampleHasTheDefaults() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../.env.sample")
        var sample: [String: String] = [:]
        for line in try String(contentsOf: path, encoding: .utf8).split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            sample[String(parts[0])] = try String(#require(parts.last))
        }
        func described(_ settings: ServerSettings) -> String { String(reflecting: settings) }
        #expect(try described(ServerSettings(environment: sample)) == described(ServerSettings()))
        #expect(try Compaction.Retention(environment: sample) == Compaction.Retention(environment: [:]))
        #expect(sample.count == 21)
    }

    /// The message names the setting, and never its value: it may be a secret in the wrong place.
    @Test(arguments: [
        ("PORT", "hunter2"), ("PORT", "70000"), ("RATE_LIMIT_RPS", "-1"), ("RATE_LIMIT_RPS", "nan"),
        ("RATE_LIMIT_RPS", "1e-20"), ("RATE_LIMIT_RPS", "0.0009"), ("RATE_LIMIT_RPS", "1000001"),
        ("WS_MESSAGES_PER_SECOND", "1e-11"), ("WS_MESSAGES_PER_SECOND", "hunter2"),
        ("PUBLISH_USERS", "hunter2"), ("MAX_WS_PAYLOAD_BYTES", "hunter2"), ("MAX_WS_QUEUE_BYTES", "1024"),
    ])
    func aBadSettingIsNamed(name: String, value: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try ServerSettings(environment: [name: value]) }
        let text = try #require(error).description
        #expect(text.hasPrefix("\(name): must be ") && !text.contains("hunter2"))
    }

    /// A rate so small that a wait for it has no number is refused; none at all is no limit.
    @Test(arguments: [("0", 0.0), ("0.001", 0.001), ("1000000", 1e6)])
    func ratesAreNoneOrNotTooSmall(text: String, rate: Double) throws {
        let settings = try ServerSettings(environment: ["RATE_LIMIT_RPS": text, "WS_MESSAGES_PER_SECOND": text])
        #expect(settings.rateLimit == rate && settings.relay.messagesPerSecond == rate)
        let error = #expect(throws: ConfigurationError.self) {
            try ServerSettings(environment: ["WS_MESSAGES_PER_SECOND": "0.0001"])
        }
        #expect(
            error?.description
                == "WS_MESSAGES_PER_SECOND: must be 0 for no limit, or a number from 0.001 to 1000000")
    }

    @Test(arguments: [
        ("CORS_ORIGINS", "app.example"), ("CORS_ORIGINS", "://app.example"), ("CORS_ORIGINS", "tauri:localhost"),
        ("CORS_ORIGINS", "https://a.example/x"), ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("WATCHERS", "w.example"), ("WATCHERS", "https://w.example;script-src*"), ("WATCHERS", "https://w.example?x"),
        ("WATCHERS", "https://[::1]:9464"), ("WATCHERS", "https://*.example"), ("WATCHERS", "https://u@w.example"),
    ])
    func aBadEntryIsNamed(name: String, value: String) throws {
        let list = "\(name == "TRUSTED_PROXIES" ? "10.0.0.0/8" : "https://good.example"), \(value)"
        let error = #expect(throws: ConfigurationError.self) { try ServerSettings(environment: [name: list]) }
        #expect(try #require(error).description.hasPrefix("\(name): entry 2 must be "))
        #expect(!(try #require(error).description.contains(" \(value)")))
    }

    @Test(arguments: [("", .info), ("trace", .trace), ("critical", .critical)] as [(String, Logger.Level)])
    func theLevelOfTheLog(text: String, level: Logger.Level) throws {
        #expect(try ServerSettings.logLevel(environment: ["LOG_LEVEL": text]) == level)
        let error = #expect(throws: ConfigurationError.self) {
            try ServerSettings.logLevel(environment: ["LOG_LEVEL": text + "hunter2"])
        }
        #expect(
            try #require(error).description
                == "LOG_LEVEL: must be one of trace, debug, info, notice, warning, error, critical")
    }
}
