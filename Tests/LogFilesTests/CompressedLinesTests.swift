import Foundation
import HostileLog
import LogFiles
import Testing

/// Lines that the system's tools unpack beside us.
struct CompressedLinesTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func compressed(_ tool: String, _ lines: Int) async throws -> String {
        let text = (0..<lines).map { "\($0)\n" }.joined()
        let path = try folder.write(text, to: "lines.jsonl")
        let result = try await Program.tool([tool, "-qk", path], folder: folder.url)
        #expect(result.code == 0, "\(result.errors)")
        return path + (tool == "gzip" ? ".gz" : ".zst")
    }

    @Test(arguments: ["gzip", "zstd"]) func allLines(tool: String) async throws {
        var reader = try JSONLinesReader(path: try await compressed(tool, 1_000))
        var count = 0
        while let line = try reader.next() {
            #expect(line.bytes == Array("\(count)".utf8))
            count += 1
        }
        #expect(count == 1_000)
    }

    /// Whoever stops early is not held up by a tool that still has much to write.
    @Test(.timeLimit(.minutes(5)), arguments: ["gzip", "zstd"]) func aReaderThatStops(tool: String) async throws {
        let path = try await compressed(tool, 2_000_000)
        do {
            var reader = try JSONLinesReader(path: path)
            #expect(try reader.next()?.bytes == Array("0".utf8))
        }
    }

    @Test(arguments: ["gzip", "zstd"]) func aFileThatIsNone(tool: String) async throws {
        let path = try folder.write("plain", to: tool == "gzip" ? "plain.gz" : "plain.zst")
        var reader = try JSONLinesReader(path: path)
        let error = #expect(throws: LogFileError.self) { try reader.next() }
        #expect(
            error?.description.contains("cannot be decompressed whole: the file is damaged or cut (exit code ") == true)
    }
}
