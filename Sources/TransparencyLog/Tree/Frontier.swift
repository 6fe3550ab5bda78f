/// A compact range: the roots of the largest complete subtrees that cover the leaves `begin ..< end`, left to right.
///
/// From 0, it is all that is needed to append leaves and to know the root at every size, in O(log n) memory. Adjacent
/// ranges merge associatively, so parts of a log can be hashed apart and joined.
public struct Frontier: Hashable, Sendable {
    public struct Node: Hashable, Sendable {
        /// The subtree has 2^level leaves.
        public let level: UInt8
        public let hash: Digest

        public init(level: UInt8, hash: Digest) {
            self.level = level
            self.hash = hash
        }
    }

    public let recipe: HashRecipe
    public let begin: UInt64
    public private(set) var end: UInt64
    public private(set) var nodes: [Node] = []

    public init(recipe: HashRecipe = .nexo, begin: UInt64 = 0) {
        self.recipe = recipe
        self.begin = begin
        end = begin
    }

    /// Rebuilds a frontier that was stored.
    ///
    /// - Returns: nil unless `hashes` are as many as the range `0 ..< size` has complete subtrees.
    public init?(recipe: HashRecipe = .nexo, size: UInt64, hashes: [Digest]) {
        let levels = (0..<64).reversed().filter { size >> $0 & 1 == 1 }
        guard levels.count == hashes.count else { return nil }
        self.recipe = recipe
        begin = 0
        end = size
        nodes = zip(levels, hashes).map { Node(level: UInt8($0), hash: $1) }
    }

    public mutating func append(_ leaf: Digest) { append(Node(level: 0, hash: leaf)) }

    /// Adds a complete subtree at the end.
    ///
    /// Invariant: `nodes` is the only decomposition of `begin ..< end` into complete, aligned subtrees that is as short
    /// as can be; two neighbours merge exactly when they are the halves of one aligned subtree.
    mutating func append(_ node: Node) {
        var node = node
        end += 1 << UInt64(node.level)
        while let left = nodes.last, left.level == node.level, end & (2 << UInt64(node.level) - 1) == 0 {
            nodes.removeLast()
            node = Node(level: node.level + 1, hash: recipe.node(left.hash, node.hash))
        }
        nodes.append(node)
    }

    /// Adds the range that begins where this one ends.
    ///
    /// - Returns: false, and changes nothing, if the ranges are not adjacent or hash in another way.
    public mutating func merge(_ next: Frontier) -> Bool {
        guard next.begin == end, next.recipe == recipe else { return false }
        for node in next.nodes { append(node) }
        return true
    }

    /// The root of the tree over `0 ..< end`; nil unless the range begins at 0 and has a leaf.
    public var root: Digest? {
        guard begin == 0, var root = nodes.last?.hash else { return nil }
        // A lone last node is carried up unchanged, so the right-most subtrees fold first.
        for node in nodes.dropLast().reversed() { root = recipe.node(node.hash, root) }
        return root
    }

    /// Whether `root` is what a tree of this frontier's size may have as its root, the two empty roots included.
    public func matches(_ root: Digest) -> Bool {
        self.root.map { $0 == root } ?? (begin == 0 && end == 0 && recipe.emptyRoots.contains(root))
    }
}
