import HostileLog
import LogFiles
import Testing

struct JSONLinesReaderTests {
    func read(_ text: [UInt8], maximumLineBytes: Int = 1 << 20) throws -> [JSONLine] {
        let folder = try ScratchFolder()
        var reader = try JSONLinesReader(
            path: folder.write(text, to: "lines.jsonl"), maximumLineBytes: maximumLineBytes)
        var lines: [JSONLine] = []
        while let line = try reader.next() { lines.append(line) }
        return lines
    }

    @Test func linesKnowTheirPlace() throws {
        let lines = try read(Array("ab\n\ncde\r\nf".utf8))
        #expect(lines.map(\.number) == [1, 2, 3, 4])
        #expect(lines.map(\.byteOffset) == [0, 3, 4, 9])
        #expect(lines.map { String(decoding: $0.bytes, as: UTF8.self) } == ["ab", "", "cde\r", "f"])
        #expect(lines.map(\.isTerminated) == [true, true, true, false])
    }

    @Test func anEmptyFileHasNoLines() throws { #expect(try read([]).isEmpty) }

    @Test func nulBytesAndCutSequencesAreDelivered() throws {
        let lines = try read([0xEF, 0xBB, 0xBF, 0x0A, 0x00, 0x00, 0x0A, 0x61, 0xC3])
        #expect(lines.map(\.bytes) == [[0xEF, 0xBB, 0xBF], [0, 0], [0x61, 0xC3]])
    }

    @Test func linesCrossBlocks() throws {
        let expected = (0..<5).map { [UInt8](repeating: UInt8(ascii: "a") + $0, count: 100_000 + Int($0)) }
        let lines = try read(Array(expected.joined(separator: [0x0A])))
        #expect(lines.map(\.bytes) == expected)
    }

    @Test func anOverlongLineIsCutAndTheNextOneWhole() throws {
        let lines = try read(Array("0123456789\nab\n".utf8), maximumLineBytes: 4)
        #expect(lines.map { String(decoding: $0.bytes, as: UTF8.self) } == ["0123", "ab"])
        #expect(lines.map(\.isOverlong) == [true, false])
        #expect(lines.map(\.byteOffset) == [0, 11])
    }

    @Test func aMissingFileSaysWhichAndWhatToDo() throws {
        let error = try #require(throws: LogFileError.self) { _ = try JSONLinesReader(path: "/no/such.jsonl") }
        #expect(error.description.hasPrefix("/no/such.jsonl: cannot be opened"))
    }
}
