import LogFiles
public import TransparencyLog

extension LogService: TreeHistory {
    /// A registration, where it stands, and the path to the root of a tree.
    struct Inclusion: Sendable {
        let registration: Registration
        let proof: InclusionProof
    }

    /// The size of the newest head: nothing behind it is shown.
    var publishedSize: UInt64 { covered }

    /// - Parameter treeSize: the size of the newest head, if not given.
    /// - Returns: nil if nobody registered it, or only later.
    func inclusion(of id: JSONText, treeSize: UInt64?) throws -> Inclusion? {
        guard let index = index.newest(of: id), let found = try inclusion(at: index, treeSize: treeSize),
            found.registration.id == id
        else { return nil }
        return found
    }

    func inclusion(of leaf: Digest, treeSize: UInt64?) throws -> Inclusion? {
        guard let index = index.place(of: leaf), let found = try inclusion(at: index, treeSize: treeSize),
            found.registration.leafHash == leaf
        else { return nil }
        return found
    }

    func inclusion(at index: UInt64, treeSize: UInt64?) throws -> Inclusion? {
        guard (treeSize ?? 0) <= covered,
            let proof = tree.inclusionProof(index: index, treeSize: treeSize ?? covered),
            let line = try storage.registrations(Int(index)..<Int(index) + 1).first
        else { return nil }
        return Inclusion(registration: try Registration(JSONReader.parse(line)), proof: proof)
    }

    /// Of the whole tree: heads that are to be signed are not published yet.
    public func growth(through sizes: [UInt64]) -> [ConsistencyProof]? { tree.growth(through: sizes) }

    /// - Returns: nil unless `0 < first <= second <=` the newest head's size.
    func consistency(first: UInt64, second: UInt64) -> ConsistencyProof? {
        second <= covered ? tree.consistencyProof(first: first, second: second) : nil
    }

    /// The hashes of a tile; nil unless all of them belong to the newest head's tree.
    func tile(_ tile: TilePath) -> [UInt8]? {
        let start = tile.index * TilePath.width
        let end = start + UInt64(tile.count)
        // Every hash of a tile stands for 2^(8 * level) leaves, all of which must be published.
        guard end <= covered >> UInt64(tile.level * TilePath.height) else { return nil }
        return tree.nodes(level: tile.level * TilePath.height, start..<end)?.flatMap(\.bytes)
    }
}
