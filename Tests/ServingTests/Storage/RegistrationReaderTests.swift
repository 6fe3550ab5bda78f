import Foundation
import HostileLog
import Testing
import TransparencyLog

@testable import Serving

struct RegistrationReaderTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func write(_ lines: [String]) throws -> String {
        let file = folder.url.appending(path: "users.jsonl")
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: file)
        return file.path
    }

    private static func line(_ id: String, _ index: Int, more: String = "") -> String {
        let key = Digest.sha256(Array("\(index)".utf8)).base64
        return #"{"id":"\#(id)","public_key":"\#(key)","timestamp":\#(index)\#(more)}"#
    }

    /// Lines in their usual form and all others, mixed, over more than one batch and more than one block of the file.
    @Test func bothWaysOfReadingGiveOneTree() throws {
        let lines = (0..<9_000).map { index in
            switch index % 5 {
            case 0: Self.line("zoë\(index)", index)
            case 1: Self.line(#"us\u0065r\#(index)"#, index)
            case 2: Self.line("user\(index)", index, more: #","nick":"x""#)
            default: Self.line("user\(index)", index)
            }
        }
        let read = try RegistrationReader(path: write(lines))
        #expect(read.broken == nil)
        let registrations = try lines.map { try Registration(JSONReader.parse(Array($0.utf8))) }
        var tree = MerkleTree()
        for registration in registrations { tree.append(registration.leafHash) }
        #expect(read.tree.size == 9_000 && read.tree.root(at: 9_000) == tree.root(at: 9_000))
        var end: UInt64 = 0
        for (line, readEnd) in zip(lines, read.ends) {
            end += UInt64(line.utf8.count) + 1
            #expect(readEnd == end)
        }
        #expect(read.ends.count == 9_000)
        for (index, registration) in registrations.enumerated() {
            #expect(read.index.newest(of: registration.id) == UInt64(index))
            #expect(read.index.place(of: registration.leafHash) == UInt64(index))
        }
    }

    @Test func nothingBehindAnUnreadableLineIsRead() throws {
        let read = try RegistrationReader(
            path: write([Self.line("a", 1), Self.line("b", 2), #"{"id":"c"}"#, Self.line("d", 4)]))
        #expect(read.broken?.line == 3)
        #expect(read.tree.size == 2 && read.ends.count == 2)
        #expect(read.index.newest(of: JSONText("d")) == nil)
    }
}
