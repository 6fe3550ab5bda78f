import Foundation
import GRDB
import HostileLog
import Testing
import TransparencyLog

@testable import Watching

struct StoredTilesTests {
    /// A store with so many leaves, written in steps of uneven sizes.
    static func filled(_ leaves: [Digest], in folder: ScratchFolder, steps: [Int]) async throws -> SQLiteStore {
        let store = try SQLiteStore(path: folder.url.appending(path: "watch.db").path)
        var position = LogPosition()
        var rest = leaves[...]
        var turn = 0
        while !rest.isEmpty {
            var step = PollStep(logID: "log", name: "log", expected: position)
            step.newLeaves = LeafList(Array(rest.prefix(steps[turn % steps.count])))
            rest = rest.dropFirst(step.newLeaves.count)
            turn += 1
            var frontier = Frontier(size: position.leafCount, hashes: position.frontier) ?? Frontier()
            for leaf in try step.newLeaves.hashes() { frontier.append(leaf) }
            step.position.leafCount = frontier.end
            step.position.frontier = frontier.nodes.map(\.hash)
            _ = try await store.commit(step)
            position = try await store.position(of: "log")
        }
        return store
    }

    /// Beyond one tile of the second level, with every border between.
    @Test(arguments: [[1], [255, 1, 257], [70_000]])
    func theTreeAtEverySize(steps: [Int]) async throws {
        let folder = try ScratchFolder()
        let count = steps == [1] ? 600 : 66_000
        let leaves = (0..<count).map { Digest.sha256(Array("\($0)".utf8)) }
        let store = try await Self.filled(leaves, in: folder, steps: steps)
        let tree = MerkleTree(leaves: leaves)
        let sizes = [1, 2, 3, 255, 256, 257, 511, 512, 600, 65_535, 65_536, 65_537, 66_000].filter { $0 <= count }
        for size in sizes {
            let frontier = try await store.frontier(of: "log", at: UInt64(size))
            #expect(frontier.root == tree.root(at: UInt64(size)), "\(size)")
        }
        for (first, second) in zip(sizes, sizes.dropFirst()) {
            let prefix = try #require(
                try await store.prefix(of: "log", first: UInt64(first), second: UInt64(second), beyond: LeafList()))
            #expect(prefix.root == tree.root(at: UInt64(first)))
            #expect(prefix.path == tree.consistencyProof(first: UInt64(first), second: UInt64(second))?.path)
        }
        #expect(try await store.frontier(of: "log", at: 0) == Frontier())
        await #expect(throws: DamagedStore.self) { try await store.frontier(of: "log", at: UInt64(count) + 1) }
    }

    /// A proof over leaves of which some are not stored yet.
    @Test func aProofBeyondWhatIsStored() async throws {
        let folder = try ScratchFolder()
        let leaves = (0..<700).map { Digest.sha256(Array("\($0)".utf8)) }
        let store = try await Self.filled(Array(leaves.prefix(300)), in: folder, steps: [300])
        let tree = MerkleTree(leaves: leaves)
        for (first, second) in [(299, 300), (300, 700), (299, 513), (400, 600)] as [(UInt64, UInt64)] {
            let prefix = try #require(
                try await store.prefix(
                    of: "log", first: first, second: second, beyond: LeafList(Array(leaves.dropFirst(300)))))
            #expect(prefix.root == tree.root(at: first))
            #expect(prefix.path == tree.consistencyProof(first: first, second: second)?.path)
        }
    }
}
