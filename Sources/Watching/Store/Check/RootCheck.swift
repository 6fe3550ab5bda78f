import Foundation
import GRDB
import TransparencyLog

/// The leaves, tile by tile, the tiles above them, and the roots of all verified heads that they cover.
struct RootCheck {
    let rows: LogRows

    func run(_ position: LogPosition, _ counts: inout StoreCheck.Counts, _ problems: inout [String]) throws {
        var tree = TreeVerifier()
        var upper = UpperTiles { [rows] level, tile in
            try rows.queue.read { [log = rows.log] in try StoredTiles(log: log).hashes(tile, level: level, $0) }
        }
        var heads = try nextHeads(after: (-1, 0))
        var tile: Int64 = 0
        while tree.frontier.end < position.leafCount {
            let row = try rows.fetch(
                "SELECT hashes FROM leaf_tiles WHERE log = ? AND tile = ?", [rows.log, tile]
            ).first
            let bytes = Array(row?["hashes"] as Data? ?? Data())
            let expected = min(StoredTiles.width, position.leafCount - tree.frontier.end)
            guard bytes.count == Int(expected) * Digest.byteCount else {
                problems.append("leaf_tiles: tile \(tile) has \(bytes.count) bytes for \(expected) leaves")
                return
            }
            let leaves = Digest.list(bytes)
            if expected == StoredTiles.width, let root = StoredTiles.root(of: leaves[...]) { try upper.add(root) }
            for leaf in leaves {
                tree.append(leaf)
                while let head = heads.last, head.size <= tree.frontier.end {
                    if head.size == tree.frontier.end, tree.check(treeSize: head.size, root: head.root) != nil {
                        problems.append(
                            "the head of size \(head.size) is verified, and its root is not that of the leaves")
                    }
                    counts.roots += 1
                    heads.removeLast()
                    if heads.isEmpty { heads = try nextHeads(after: (Int64(head.size), head.id)) }
                }
            }
            tile += 1
        }
        counts.leaves = position.leafCount
        if tree.frontier.nodes.map(\.hash) != position.frontier {
            problems.append("logs.frontier is not that of the leaves")
        }
        try upper.finish()
        if !upper.areRight { problems.append("tree_tiles are not those of the leaves") }
    }

    private struct Head {
        let id: Int64
        let size: UInt64
        let root: Digest
    }

    /// Verified heads in the order of their sizes, the next one last.
    private func nextHeads(after: (size: Int64, id: Int64)) throws -> [Head] {
        try rows.fetch(
            """
            SELECT id, tree_size, root FROM heads
            WHERE log = ? AND signer_count > 0 AND tree_size > 0 AND (tree_size, id) > (?, ?) AND state = ?
            ORDER BY tree_size, id LIMIT ?
            """, [rows.log, after.size, after.id, StoredHead.State.verified.rawValue, StoreChecker.page]
        ).map { row in
            guard let root = Digest(Array(row["root"] as Data)) else { throw DamagedStore("heads.root") }
            return Head(id: row["id"], size: UInt64(row["tree_size"] as Int64), root: root)
        }.reversed()
    }
}
