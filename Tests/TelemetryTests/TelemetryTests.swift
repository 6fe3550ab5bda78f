import Logging
import Metrics
import Synchronization
import Telemetry
import Testing
import TransparencyLog

struct TelemetryTests {
    @Test func theTextFormat() {
        let registry = PrometheusRegistry()
        registry.declare("polls_total", .counter, help: "Polls \\ so far,\nof all logs.")
        let counter = Counter(
            label: "polls_total", dimensions: [("vantage", "direct"), ("log", "a")], factory: registry)
        _ = Counter(label: "polls_total", dimensions: [("log", "b"), ("vantage", "direct")], factory: registry)
        counter.increment(by: 3)
        Meter(label: "age_seconds", factory: registry).set(1.5)
        #expect(
            registry.render() == """
                # TYPE age_seconds gauge
                age_seconds 1.5
                # HELP polls_total Polls \\\\ so far,\\nof all logs.
                # TYPE polls_total counter
                polls_total{log="a",vantage="direct"} 3
                polls_total{log="b",vantage="direct"} 0

                """)
    }

    /// C12: a hostile text cannot end its label.
    @Test func labelValuesAreEscaped() {
        let registry = PrometheusRegistry()
        Meter(label: "g", dimensions: [("log", "a\"} 1\n\\b")], factory: registry).set(2)
        #expect(registry.render() == "# TYPE g gauge\ng{log=\"a\\\"} 1\\n\\\\b\"} 2\n")
    }

    /// C12: a server's error text goes to the log, escaped, on one line.
    @Test func logLinesAreJSON() throws {
        let lines = Mutex<[String]>([])
        let hostile = "quote \" backslash \\ newline \n bell \u{7}"
        var logger = Logger(label: "test") { label in
            JSONLogHandler(label: label) { line in lines.withLock { $0.append(line) } }
        }
        logger[metadataKey: "log"] = "eu"
        logger.warning("\(hostile)", metadata: ["error": ["text": "\(hostile)"]])
        let line = try #require(lines.withLock { $0.first })
        #expect(!line.contains("\n"))
        let json = try JSONReader.parse(Array(line.utf8))
        #expect(json["level"]?.text?.description == "warning")
        #expect(json["message"]?.text?.description == hostile)
        #expect(json["metadata"]?["error"]?["text"]?.text?.description == hostile)
        #expect(json["metadata"]?["log"]?.text?.description == "eu")
    }
}
