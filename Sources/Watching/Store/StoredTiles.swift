import Foundation
import GRDB
import TransparencyLog

/// The leaves of one log in tiles of 256 hashes, and above them tiles of the roots of whole tiles, so that the tree at
/// every size can be had from a few rows.
struct StoredTiles {
    static let width: UInt64 = 256
    /// Each level of tiles stands for so many levels of the tree.
    private static let depth = 8

    /// The row of the log.
    let log: Int64

    /// Adds leaves behind the `start` that are stored.
    ///
    /// - Parameter onPiece: called after each piece of them.
    func append(_ leaves: LeafList, from start: UInt64, _ database: Database, onPiece: () -> Void) throws {
        var start = start
        try leaves.forEachPiece { hashes in
            try append(hashes, level: 0, from: start, database)
            start += UInt64(hashes.count)
            onPiece()
        }
    }

    private func append(_ hashes: [Digest], level: Int, from start: UInt64, _ database: Database) throws {
        var rest = hashes[...]
        var index = start
        var roots: [Digest] = []
        while !rest.isEmpty {
            let room = Int(Self.width - index % Self.width)
            let tile = index / Self.width
            try add(Data(rest.prefix(room).flatMap(\.bytes)), to: tile, level, database)
            index += UInt64(min(room, rest.count))
            rest = rest.dropFirst(room)
            if index % Self.width == 0 {
                guard let root = Self.root(of: try self.hashes(tile, level: level, database)[...]) else {
                    throw DamagedStore("leaf_tiles")
                }
                roots.append(root)
            }
        }
        if !roots.isEmpty { try append(roots, level: level + 1, from: start / Self.width, database) }
    }

    private func add(_ bytes: Data, to tile: UInt64, _ level: Int, _ database: Database) throws {
        if level == 0 {
            try database.cachedStatement(
                sql: """
                    INSERT INTO leaf_tiles (log, tile, hashes) VALUES (?, ?, ?)
                    ON CONFLICT DO UPDATE SET hashes = CAST(hashes || excluded.hashes AS BLOB)
                    """
            ).execute(arguments: [log, Int64(tile), bytes])
        } else {
            try database.cachedStatement(
                sql: """
                    INSERT INTO tree_tiles (log, level, tile, hashes) VALUES (?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET hashes = CAST(hashes || excluded.hashes AS BLOB)
                    """
            ).execute(arguments: [log, level, Int64(tile), bytes])
        }
    }

    /// The hashes of one tile, as many as there are.
    func hashes(_ tile: UInt64, level: Int, _ database: Database) throws -> [Digest] {
        let data =
            level == 0
            ? try Data.fetchOne(
                database.cachedStatement(sql: "SELECT hashes FROM leaf_tiles WHERE log = ? AND tile = ?"),
                arguments: [log, Int64(tile)])
            : try Data.fetchOne(
                database.cachedStatement(sql: "SELECT hashes FROM tree_tiles WHERE log = ? AND level = ? AND tile = ?"),
                arguments: [log, level, Int64(tile)])
        return Digest.list(Array(data ?? Data()))
    }

    /// The frontier over the first `size` leaves.
    ///
    /// - Precondition: so many are stored.
    func frontier(at size: UInt64, _ database: Database) throws -> Frontier {
        var frontier = Frontier()
        for height in (0..<64).reversed() where size >> height & 1 == 1 {
            frontier.append(try node(height: height, at: frontier.end, database))
        }
        return frontier
    }

    /// The root over a range of leaves that is a subtree, of which some may not be stored yet.
    ///
    /// - Parameters:
    ///   - count: the leaves that are stored.
    ///   - beyond: those that follow them.
    func root(of range: Range<UInt64>, count: UInt64, beyond: LeafList, _ database: Database) throws -> Digest {
        var frontier = Frontier(begin: range.lowerBound)
        while frontier.end < min(range.upperBound, count) {
            let room = min(range.upperBound, count) - frontier.end
            let height = min(
                frontier.end == 0 ? 63 : frontier.end.trailingZeroBitCount, 63 - room.leadingZeroBitCount)
            frontier.append(try node(height: height, at: frontier.end, database))
        }
        if frontier.end < range.upperBound {
            let length = Int(range.upperBound - frontier.end)
            try beyond.dropFirst(Int(frontier.end - count)).prefix(length).forEachPiece { hashes in
                for hash in hashes { frontier.append(hash) }
            }
        }
        guard frontier.end == range.upperBound, let root = frontier.subtreeRoot else {
            throw DamagedStore("leaf_tiles")
        }
        return root
    }

    /// The complete subtree of 2^height leaves that begins at one.
    private func node(height: Int, at begin: UInt64, _ database: Database) throws -> Frontier.Node {
        let level = height / Self.depth
        let first = begin >> (level * Self.depth)
        let count = 1 << (height % Self.depth)
        let place = Int(first % Self.width)
        let tile = try hashes(first / Self.width, level: level, database)
        guard place + count <= tile.count, let root = Self.root(of: tile[place..<(place + count)]) else {
            throw DamagedStore("leaf_tiles")
        }
        return Frontier.Node(level: UInt8(height), hash: root)
    }

    /// The root of a complete subtree.
    static func root(of hashes: ArraySlice<Digest>) -> Digest? {
        var frontier = Frontier()
        for hash in hashes { frontier.append(hash) }
        return frontier.root
    }
}
