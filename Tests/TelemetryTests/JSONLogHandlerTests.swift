import Foundation
import Logging
import Synchronization
import Telemetry
import Testing

struct JSONLogHandlerTests {
    /// Keeps what was logged.
    final class Lines: Sendable {
        let all = Mutex<[String]>([])
        var last: String? { all.withLock { $0.last } }
    }

    let lines = Lines()

    func logger(at time: Int64 = 1_769_860_800_250, provider: Logger.MetadataProvider? = nil) -> Logger {
        let handler = JSONLogHandler(
            label: "nexo-watch", metadataProvider: provider,
            write: { [lines] line in lines.all.withLock { $0.append(line) } }, now: { time })
        return Logger(label: "nexo-watch", factory: { _ in handler })
    }

    let start = #"{"time":"2026-01-31T12:00:00.250Z","level":"info","logger":"nexo-watch","message":"#

    @Test func oneObjectALine() {
        logger().info("Poll failed.")
        #expect(lines.last == start + #""Poll failed."}"#)
    }

    /// C12: a server's error text goes to the log, escaped.
    @Test func hostileTextStaysInItsString() throws {
        let text = "a\"b\\c\nd\r\ne\tf\u{0}\u{1B}[31m\u{7F}\u{9B}2J\u{2028}😀\",\"level\":\"debug"
        let escaped =
            #"a\"b\\c\nd\r\ne\tf\u0000\u001b[31m\u007f\u009b2J"# + "\u{2028}😀" + #"\",\"level\":\"debug"#
        logger().info("\(text)", metadata: ["\(text)": "\(text)"])
        let line = try #require(lines.last)
        #expect(line == start + "\"\(escaped)\",\"metadata\":{\"\(escaped)\":\"\(escaped)\"}}")
        // An independent reader gets the text back.
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let message = try #require(object["message"] as? String)
        #expect(Array(message.utf8) == Array(text.utf8))
    }

    @Test func everyControlCharacterIsEscaped() throws {
        let controls = (UInt32(0)..<0x20).compactMap(Unicode.Scalar.init)
        for scalar in controls {
            logger().info("\(String(scalar))")
            let line = try #require(lines.last)
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 })
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(object["message"] as? String == String(scalar))
        }
    }

    @Test func metadataIsNestedAndSorted() {
        logger().info(
            "m",
            metadata: [
                "z": ["b": "1", "a": ["x", ["y": []]]], "n": .stringConvertible(42), "t": .stringConvertible(true),
                "d": .stringConvertible(0.5), "nan": .stringConvertible(Double.nan), "empty": [:],
                "u": .stringConvertible(UInt64.max),
            ])
        #expect(
            lines.last == start + #""m","metadata":{"d":0.5,"empty":{},"n":42,"nan":"nan","t":true,"#
                + #""u":18446744073709551615,"z":{"a":["x",{"y":[]}],"b":"1"}}}"#)
    }

    @Test func theCallsOwnMetadataWins() {
        var logger = logger(provider: Logger.MetadataProvider { ["b": "provider", "c": "provider"] })
        logger[metadataKey: "a"] = "logger"
        logger[metadataKey: "b"] = "logger"
        #expect(logger[metadataKey: "a"] == "logger")
        logger.info("m", metadata: ["c": "call"])
        #expect(lines.last == start + #""m","metadata":{"a":"logger","b":"provider","c":"call"}}"#)
    }

    @Test func anErrorIsDescribed() {
        struct Refused: Error, CustomStringConvertible { var description: String { "said \"no\"\n" } }
        logger().info("m", error: Refused())
        let metadata = #""m","metadata":{"error.message":"said \"no\"\n","error.type":""#
        #expect(lines.last?.hasPrefix(start + metadata) == true)
    }

    @Test func levelsBelowTheLoggersAreSilent() {
        var logger = logger()
        logger.debug("hidden")
        #expect(lines.last == nil)
        logger.logLevel = .trace
        logger.trace("shown")
        #expect(lines.last?.contains(#""level":"trace""#) == true)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_399_007, "2000-02-28T23:59:59.007Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func timesAreRFC3339(_ time: Int64, _ text: String) {
        logger(at: time).info("m")
        #expect(lines.last?.hasPrefix("{\"time\":\"\(text)\",") == true)
    }
}
