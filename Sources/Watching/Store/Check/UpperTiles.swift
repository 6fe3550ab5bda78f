import TransparencyLog

/// The tiles above the leaves as they must be, made from the leaves once more, and compared with those that are stored.
struct UpperTiles {
    /// The stored hashes of a tile.
    private let read: (_ level: Int, _ tile: UInt64) throws -> [Digest]
    /// Of each level from 1 on the tile that is not full yet.
    private var levels: [(tile: UInt64, hashes: [Digest])] = []
    private(set) var areRight = true

    init(read: @escaping (_ level: Int, _ tile: UInt64) throws -> [Digest]) { self.read = read }

    /// Adds the root of the next whole tile of the level below.
    mutating func add(_ root: Digest, level: Int = 1) throws {
        if levels.count < level { levels.append((0, [])) }
        levels[level - 1].hashes.append(root)
        let (tile, hashes) = levels[level - 1]
        guard hashes.count == Int(StoredTiles.width), let root = StoredTiles.root(of: hashes[...]) else { return }
        try compare(level)
        levels[level - 1] = (tile + 1, [])
        try add(root, level: level + 1)
    }

    /// Compares what is left: the tiles that are not full.
    mutating func finish() throws {
        for level in levels.indices where !levels[level].hashes.isEmpty { try compare(level + 1) }
    }

    private mutating func compare(_ level: Int) throws {
        let (tile, hashes) = levels[level - 1]
        if areRight, try read(level, tile) != hashes { areRight = false }
    }
}
