import Foundation
import HostileLog
import Testing
import TransparencyLog

@testable import Watching

struct LeafListTests {
    private static let hashes = (0..<1_000).map { Digest.sha256(Array("\($0)".utf8)) }

    /// Half of them laid aside in two turns, half in memory: the same hashes, as a whole and in every part.
    @Test func partsInMemoryAndAside() throws {
        let folder = try ScratchFolder()
        let file = try ScratchFile(folder: folder.url.path)
        var list = LeafList()
        for (index, hash) in Self.hashes.enumerated() {
            list.append(hash)
            if index == 299 || index == 499 { try list.layAside(in: file) }
        }
        #expect(list.count == 1_000 && list.countInMemory == 500)
        #expect(try list.hashes() == Self.hashes)
        for length in [0, 1, 299, 300, 301, 499, 500, 501, 999, 1_000, 1_001] {
            let (front, back) = (list.prefix(length), list.dropFirst(length))
            #expect(try front.hashes() == Array(Self.hashes.prefix(length)))
            #expect(try back.hashes() == Array(Self.hashes.dropFirst(length)))
            #expect(front.count + back.count == 1_000)
            var joined = front
            joined.append(contentsOf: back)
            joined.append(.zero)
            #expect(try joined.hashes() == Self.hashes + [.zero])
        }
    }

    /// What one list adds behind a common part is none of the other's.
    @Test func listsWithOneFile() throws {
        let folder = try ScratchFolder()
        let file = try ScratchFile(folder: folder.url.path)
        var first = LeafList(Array(Self.hashes.prefix(10)))
        try first.layAside(in: file)
        var second = first
        first.append(Self.hashes[10])
        try first.layAside(in: file)
        second.append(Self.hashes[20])
        try second.layAside(in: file)
        #expect(try first.hashes() == Array(Self.hashes.prefix(11)))
        #expect(try second.hashes() == Self.hashes.prefix(10) + [Self.hashes[20]])
    }

    /// Nothing of it can be found by anybody else, and a folder that cannot be written is named.
    @Test func theFileHasNoName() throws {
        let folder = try ScratchFolder()
        let file = try ScratchFile(folder: folder.url.path)
        #expect(try file.append(Self.hashes) == 0..<1_000)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
        let error = #expect(throws: FetchError.self) { try ScratchFile(folder: folder.url.path + "/missing") }
        #expect(error?.detail.contains("/missing") == true && error?.detail.contains("check the disk") == true)
        #expect(throws: FetchError.self) { try file.read(999..<1_001) }
    }
}
