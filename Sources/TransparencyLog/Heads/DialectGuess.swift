/// Which dialect a chain seems to be written in, from its links alone: for a proposal, never for a verdict.
public struct DialectGuess: Sendable {
    /// Links that hold under each dialect, of those that there are.
    public let links: [CanonicalJSON: Int]
    public let total: Int

    /// - Parameter chain: oldest first.
    public init(_ chain: [SignedTreeHead]) {
        var links: [CanonicalJSON: Int] = [:]
        for dialect in CanonicalJSON.allCases {
            links[dialect] = zip(chain, chain.dropFirst()).count { head, next in
                guard let hash = try? head.hash(dialect) else { return false }
                return next.predecessor == .hash(hash)
            }
        }
        self.links = links
        total = max(chain.count - 1, 0)
    }

    /// The dialect under which more links hold; nil if neither stands out.
    public var dialect: CanonicalJSON? {
        let (jcs, shallow) = (links[.jcs] ?? 0, links[.shallow] ?? 0)
        if jcs == shallow { return nil }
        return jcs > shallow ? .jcs : .shallow
    }
}
