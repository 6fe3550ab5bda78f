import Foundation
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

    /// The newline at each place around the border of the 256 KiB blocks.
    @Test(arguments: [262_142, 262_143, 262_144, 262_145])
    func aNewlineAtTheBorderOfABlockEndsItsLine(_ length: Int) throws {
        let first = [UInt8](repeating: 0x61, count: length)
        let lines = try read(first + Array("\n\nb".utf8))
        #expect(lines.map(\.bytes) == [first, [], [0x62]])
        #expect(lines.map(\.byteOffset) == [0, UInt64(length) + 1, UInt64(length) + 2])
        #expect(lines.map(\.isTerminated) == [true, true, false])
    }

    @Test func aFileThatEndsWithItsBlockHasNoLineMore() throws {
        let lines = try read([UInt8](repeating: 0x61, count: 262_143) + [0x0A])
        #expect(lines.map(\.bytes.count) == [262_143])
        #expect(lines.map(\.isTerminated) == [true])
    }

    /// C5: cut in half, whole without newline, cut in a UTF-8 sequence, NUL bytes: the lines before it stay judged.
    @Test(arguments: [Array(#"{"id":"a","pu"#.utf8), Array(#"{"id":1}"#.utf8), [0x22, 0xE2, 0x82], [0, 0, 0]])
    func aTornTailIsTheLastLineAndUnterminated(_ tail: [UInt8]) throws {
        let lines = try read(Array("{}\n".utf8) + tail)
        #expect(lines.map(\.bytes) == [Array("{}".utf8), tail])
        #expect(lines.map(\.isTerminated) == [true, false])
        #expect(lines.last?.byteOffset == 3)
    }

    /// The limit is on what is kept, also where the line is many blocks long.
    @Test func anOverlongLineOfManyBlocksIsSkippedToItsNewline() throws {
        let lines = try read([UInt8](repeating: 0x61, count: 1_000_000) + Array("\nb\n".utf8), maximumLineBytes: 10)
        #expect(lines.map(\.bytes.count) == [10, 1])
        #expect(lines.map(\.isOverlong) == [true, false])
        #expect(lines.map(\.byteOffset) == [0, 1_000_001])
    }

    @Test func aLineOfExactlyTheLimitIsNotOverlong() throws {
        let lines = try read(Array("0123\n01234".utf8), maximumLineBytes: 4)
        #expect(lines.map(\.isOverlong) == [false, true])
        #expect(lines.map(\.isTerminated) == [true, false])
    }

    @Test func aFolderIsNotAFileOfLines() throws {
        let folder = try ScratchFolder()
        var reader = try JSONLinesReader(path: folder.url.path)
        let error = #expect(throws: LogFileError.self) { _ = try reader.next() }
        #expect(try #require(error).description.contains("cannot be read at byte 0"))
    }

    @Test func aMissingFileSaysWhichAndWhatToDo() throws {
        let error = try #require(throws: LogFileError.self) { _ = try JSONLinesReader(path: "/no/such.jsonl") }
        #expect(error.description.hasPrefix("/no/such.jsonl: cannot be opened"))
    }

    /// Lines are shown in place where they lie whole in a block, and those that are not taken come as usual.
    @Test func linesArePassed() throws {
        let folder = try ScratchFolder()
        let expected = (0..<40).map { [UInt8](repeating: UInt8(ascii: "a") + $0 % 26, count: 20_000 + Int($0)) }
        let text = Array(expected.joined(separator: [0x0A]))
        var reader = try JSONLinesReader(path: folder.write(text, to: "lines.jsonl"))
        var lines: [[UInt8]] = []
        var places: [UInt64] = []
        var passed = 0
        while true {
            var shown: [UInt8]?
            // Each third is refused.
            let place = reader.pass { line in
                shown = Array(line)
                return lines.count % 3 != 0
            }
            if let place, let shown {
                passed += 1
                #expect(place.number == lines.count + 1)
                lines.append(shown)
                places.append(place.byteOffset)
            } else {
                guard let line = try reader.next() else { break }
                #expect(shown == nil || shown == line.bytes)
                #expect(line.number == lines.count + 1)
                lines.append(line.bytes)
                places.append(line.byteOffset)
            }
        }
        #expect(lines == expected && passed > 15)
        #expect(places == expected.indices.map { UInt64(expected.prefix($0).reduce(0) { $0 + $1.count + 1 }) })
    }

    /// A last line without a newline may be torn, and a line beyond the limit is not shown: both are for `next`.
    @Test func whatIsNotWholeIsNotPassed() throws {
        let folder = try ScratchFolder()
        var reader = try JSONLinesReader(
            path: folder.write(Array("ab\n01234\ncd".utf8), to: "lines.jsonl"), maximumLineBytes: 4)
        #expect(reader.pass { _ in true } == nil, "no block has been read yet")
        #expect(try reader.next()?.bytes == Array("ab".utf8))
        #expect(reader.pass { _ in true } == nil)
        #expect(try reader.next()?.isOverlong == true)
        #expect(reader.pass { _ in true } == nil)
        let last = try reader.next()
        #expect(last?.bytes == Array("cd".utf8) && last?.isTerminated == false)
        #expect(try reader.next() == nil)
    }
}
