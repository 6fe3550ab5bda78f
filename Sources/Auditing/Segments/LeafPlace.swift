import TransparencyLog

/// How far a file of registrations was read, and the tree over what was read.
struct LeafPlace: Hashable, Sendable {
    var frontier = Frontier()
    var posingIDs: UInt64 = 0
    var brokenAt: UInt64?

    var json: JSONValue {
        .object([
            JSONMember("count", .integer(frontier.end)),
            JSONMember("frontier", .array(frontier.nodes.map { .string($0.hash.base64) })),
            JSONMember("ids_of_24_bytes", .integer(posingIDs)),
            JSONMember("malformed", brokenAt.map { .integer($0) } ?? .null),
        ])
    }

    init(frontier: Frontier = Frontier(), posingIDs: UInt64 = 0, brokenAt: UInt64? = nil) {
        self.frontier = frontier
        self.posingIDs = posingIDs
        self.brokenAt = brokenAt
    }

    init(_ fields: SegmentFields) throws(SegmentFailure) {
        let hashes = try fields.elements("frontier").compactMap { $0.text.flatMap(Digest.init(base64:)) }
        guard let frontier = Frontier(size: try fields.integer("count"), hashes: hashes) else {
            throw fields.wrong("frontier", "the hashes of the complete subtrees of count leaves")
        }
        self.frontier = frontier
        posingIDs = try fields.integer("ids_of_24_bytes")
        brokenAt = try fields.optional("malformed")
    }
}
