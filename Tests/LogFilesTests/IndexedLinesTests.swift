import Foundation
import HostileLog
import LogFiles
import Testing

struct IndexedLinesTests {
    let folder: ScratchFolder
    var path: String { folder.url.appending(path: "a.jsonl").path }

    init() throws { folder = try ScratchFolder() }

    @Test func linesAreFoundByTheirNumberWhileTheFileGrows() throws {
        _ = try folder.write("one\n\nthree\n", to: "a.jsonl")
        let lines = try IndexedLines(path: path, ends: [4, 5, 11])
        #expect(lines.count == 3 && lines.byteCount == 11)
        #expect(try lines.lines(0..<3).map { String(decoding: $0, as: UTF8.self) } == ["one", "", "three"])
        #expect(try lines.lines(1..<2) == [[]])
        #expect(try lines.lines(3..<3) == [])
        var file = try DurableAppender(path: path)
        try file.append(contentsOf: [Array("four".utf8), []])
        lines.extend(by: [4, 0])
        #expect(try lines.lines(2..<5).map { String(decoding: $0, as: UTF8.self) } == ["three", "four", ""])
        #expect(try lines.bytes(lines.extent(of: 3..<4)) == Array("four\n".utf8))
    }

    /// Somebody else cut the file: no endless loop, and the place is named.
    @Test func aFileThatWasCutIsAnError() throws {
        _ = try folder.write("one\n", to: "a.jsonl")
        let lines = try IndexedLines(path: path, ends: [4, 9])
        let error = #expect(throws: LogFileError.self) { try lines.lines(1..<2) }
        #expect(try #require(error).reason.hasPrefix("cannot be read at byte 4"))
    }

    @Test func aCutKeepsWhatItCuts() throws {
        _ = try folder.write("one\ntwo\nthree", to: "a.jsonl")
        // The torn tail goes aside first.
        let cut = try LineCut.run(path: path, line: 2)
        #expect(cut.byteOffset == 4 && cut.lines == 1)
        #expect(try String(contentsOfFile: cut.savedAs, encoding: .utf8) == "two\n")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "one\n")
        #expect(try String(contentsOfFile: path + ".torn-8", encoding: .utf8) == "three")
        let error = #expect(throws: LogFileError.self) { try LineCut.run(path: path, line: 2) }
        #expect(try #require(error).reason == "has no line 2; nothing was changed")
    }

    /// Also of a last line of which a reader takes the beginning alone.
    @Test func aCutKeepsAllOfALongLine() throws {
        let long = String(repeating: "x", count: (1 << 20) + 5_000) + "\n"
        _ = try folder.write("one\n" + long, to: "a.jsonl")
        let cut = try LineCut.run(path: path, line: 2)
        #expect(try String(contentsOfFile: cut.savedAs, encoding: .utf8) == long)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "one\n")
    }
}
