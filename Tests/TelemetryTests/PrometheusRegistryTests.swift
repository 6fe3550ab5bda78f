import Metrics
import Telemetry
import Testing

struct PrometheusRegistryTests {
    let registry = PrometheusRegistry()

    @Test func familiesAndSeriesAreSortedAndTyped() {
        registry.declare("b_total", .counter, help: "Second.")
        registry.declare("a_size", .gauge, help: "First.")
        registry.declare("unused", .gauge, help: "Without series.")
        Counter(label: "b_total", dimensions: [("log", "z"), ("vantage", "tor")], factory: registry).increment(by: 2)
        Counter(label: "b_total", dimensions: [("vantage", "direct"), ("log", "a")], factory: registry).increment()
        Gauge(label: "a_size", dimensions: [], factory: registry).record(9_007_199_254_740_991)
        #expect(
            registry.render() == """
                # HELP a_size First.
                # TYPE a_size gauge
                a_size 9007199254740991
                # HELP b_total Second.
                # TYPE b_total counter
                b_total{log="a",vantage="direct"} 1
                b_total{log="z",vantage="tor"} 2

                """)
    }

    @Test func aCounterIsThereFromTheStartAndAGaugeWhenSet() {
        let gauge = Meter(label: "up", factory: registry)
        _ = Counter(label: "polls_total", dimensions: [("log", "eu")], factory: registry)
        #expect(registry.render() == "# TYPE polls_total counter\npolls_total{log=\"eu\"} 0\n")
        gauge.set(0)
        #expect(registry.render().hasSuffix("# TYPE up gauge\nup 0\n"))
    }

    @Test func hostileLabelValuesStayInTheirLine() {
        let value = "a\\b\"c\nd\r\ne}\u{0} 1\n# TYPE x counter"
        Counter(label: "x", dimensions: [("v", value)], factory: registry).increment()
        #expect(
            registry.render() == "# TYPE x counter\n"
                + #"x{v="a\\b\"c\nd"# + "\r" + #"\ne}"# + "\u{0}" + #" 1\n# TYPE x counter"} 1"# + "\n")
    }

    @Test func helpIsEscapedButItsQuotesAreNot() {
        registry.declare("x", .counter, help: "a \"b\"\\\nc")
        _ = Counter(label: "x", factory: registry)
        #expect(registry.render() == #"# HELP x a "b"\\\nc"# + "\n# TYPE x counter\nx 0\n")
    }

    @Test func namesAreMadeValid() {
        let dimensions = [("1st-label", "a"), ("", "b"), ("é:", "c")]
        Counter(label: "9.http-requests:total", dimensions: dimensions, factory: registry).increment()
        #expect(
            registry.render() == """
                # TYPE _9_http_requests:total counter
                _9_http_requests:total{_="b",_1st_label="a",__="c"} 1

                """)
    }

    @Test func aLabelGivenTwiceStandsOnce() {
        Counter(label: "x", dimensions: [("a", "1"), ("a", "2")], factory: registry).increment()
        #expect(registry.render() == "# TYPE x counter\nx{a=\"2\"} 1\n")
    }

    @Test func canonicallyEquivalentValuesAreTwoSeries() {
        Counter(label: "x", dimensions: [("a", "\u{E9}")], factory: registry).increment(by: 1)
        Counter(label: "x", dimensions: [("a", "e\u{301}")], factory: registry).increment(by: 2)
        #expect(
            Array(registry.render().utf8)
                == Array("# TYPE x counter\nx{a=\"e\u{301}\"} 2\nx{a=\"\u{E9}\"} 1\n".utf8))
    }

    @Test func oneSeriesIsSharedByAllWhoNameIt() {
        Counter(label: "x", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
        FloatingPointCounter(label: "x", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment(by: 0.5)
        #expect(registry.render() == "# TYPE x counter\nx{a=\"1\",b=\"2\"} 1.5\n")
    }

    @Test func aCounterNeverFalls() {
        let counter = FloatingPointCounter(label: "x", factory: registry)
        for amount in [3, -1, .nan, .infinity, 0] { counter.increment(by: amount) }
        #expect(registry.render() == "# TYPE x counter\nx 3\n")
        counter.reset()
        #expect(registry.render() == "# TYPE x counter\nx 0\n")
    }

    @Test(arguments: [
        (0, "0"), (-0.0, "0"), (1e15, "1000000000000000"), (1e18, "1000000000000000000"), (-3, "-3"), (0.25, "0.25"),
        (1e300, "1e+300"), (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
    ])
    func numbersAreWrittenPlainly(_ value: Double, _ text: String) {
        Meter(label: "x", factory: registry).set(value)
        #expect(registry.render() == "# TYPE x gauge\nx \(text)\n")
    }

    @Test func timersAreHistogramsOfSeconds() {
        registry.declare("poll_seconds", .histogram(buckets: [1, 0.5, 1, .infinity]), help: "Time of a poll.")
        let timer = Timer(label: "poll_seconds", dimensions: [("log", "eu"), ("le", "x")], factory: registry)
        timer.recordMilliseconds(500)
        timer.recordMilliseconds(750)
        timer.recordSeconds(3)
        #expect(
            registry.render() == """
                # HELP poll_seconds Time of a poll.
                # TYPE poll_seconds histogram
                poll_seconds_bucket{exported_le="x",log="eu",le="0.5"} 1
                poll_seconds_bucket{exported_le="x",log="eu",le="1"} 2
                poll_seconds_bucket{exported_le="x",log="eu",le="+Inf"} 3
                poll_seconds_sum{exported_le="x",log="eu"} 4.25
                poll_seconds_count{exported_le="x",log="eu"} 3

                """)
    }

    @Test func aHistogramIsThereFromTheStartAndIgnoresNaN() {
        registry.declare("bytes", .histogram(buckets: [10]), help: "")
        Recorder(label: "bytes", factory: registry).record(Double.nan)
        #expect(
            registry.render() == """
                # HELP bytes \n# TYPE bytes histogram
                bytes_bucket{le="10"} 0
                bytes_bucket{le="+Inf"} 0
                bytes_sum 0
                bytes_count 0

                """)
    }

    @Test func undeclaredRecordersAndTimersUseTheUsualBuckets() {
        Recorder(label: "sizes", factory: registry).record(3)
        Timer(label: "times", factory: registry).recordSeconds(20)
        let text = registry.render()
        #expect(text.contains("# TYPE sizes histogram\nsizes_bucket{le=\"0.005\"} 0\n"))
        #expect(text.contains("times_bucket{le=\"10\"} 0\ntimes_bucket{le=\"+Inf\"} 1\ntimes_sum 20\ntimes_count 1\n"))
    }

    @Test func theDeclaredKindDecides() {
        registry.declare("size", .gauge, help: "Size.")
        Recorder(label: "size", factory: registry).record(5)
        Recorder(label: "size", factory: registry).record(7)
        Counter(label: "size", factory: registry).increment(by: 100)
        #expect(registry.render() == "# HELP size Size.\n# TYPE size gauge\nsize 7\n")
    }

    @Test func theSameDeclarationTwiceIsHarmless() {
        registry.declare("x", .histogram(buckets: [2, 1]), help: "X.")
        registry.declare("x", .histogram(buckets: [1, 2]), help: "X.")
        #expect(registry.render() == "")
    }

    @Test func metersGoUpAndDown() {
        let meter = Meter(label: "x", factory: registry)
        meter.increment(by: 2.5)
        meter.decrement(by: 4)
        #expect(registry.render() == "# TYPE x gauge\nx -1.5\n")
    }

    @Test func destroyedSeriesAreGone() {
        let counter = Counter(label: "x", dimensions: [("log", "a")], factory: registry)
        Counter(label: "x", dimensions: [("log", "b")], factory: registry).increment()
        counter.destroy()
        #expect(registry.render() == "# TYPE x counter\nx{log=\"b\"} 1\n")
    }

    /// OpenMetrics 1.0: the ending stands on samples alone, bounds are floating point numbers, and the page ends.
    @Test func theSameInOpenMetrics() {
        registry.declare("polls_total", .counter, help: "A \"poll\".")
        registry.declare("poll_seconds", .histogram(buckets: [0.5, 1]), help: "Time.")
        Counter(label: "polls_total", dimensions: [("log", "a")], factory: registry).increment(by: 2)
        Counter(label: "odd", factory: registry).increment()
        Meter(label: "up", factory: registry).set(1)
        Timer(label: "poll_seconds", factory: registry).recordMilliseconds(750)
        #expect(
            registry.render(.openMetrics) == """
                # TYPE odd counter
                odd_total 1
                # HELP poll_seconds Time.
                # TYPE poll_seconds histogram
                poll_seconds_bucket{le="0.5"} 0
                poll_seconds_bucket{le="1.0"} 1
                poll_seconds_bucket{le="+Inf"} 1
                poll_seconds_sum 0.75
                poll_seconds_count 1
                # HELP polls A \\"poll\\".
                # TYPE polls counter
                polls_total{log="a"} 2
                # TYPE up gauge
                up 1
                # EOF

                """)
        #expect(PrometheusRegistry().render(.openMetrics) == "# EOF\n")
    }

    @Test(arguments: [
        (nil, Exposition.text), ("", .text), ("*/*", .text), ("text/html", .text),
        ("text/plain;version=0.0.4", .text), ("application/openmetrics-text", .openMetrics),
        ("application/openmetrics-text; version=1.0.0; charset=utf-8", .openMetrics),
        ("application/openmetrics-text;version=0.0.1", .text),
        ("application/openmetrics-text;version=1.0.0;q=0", .text),
        ("Application/OpenMetrics-Text;version=1.0.0;q=0.4,text/plain;q=0.5", .text),
        // What Prometheus 2 sends.
        (
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", .openMetrics
        ),
    ])
    func formatsAreNegotiated(accept: String?, exposition: Exposition) {
        #expect(Exposition.negotiated(accept) == exposition)
    }

    @Test func nothingIsLostBetweenThreads() async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 { Counter(label: "x", factory: registry).increment() }
                }
            }
        }
        #expect(registry.render() == "# TYPE x counter\nx 8000\n")
    }
}
