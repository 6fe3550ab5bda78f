import TransparencyLog

/// Where one segment ends and the next begins, and all that the verdicts behind it depend on.
struct SegmentEdge: Hashable, Sendable {
    /// Lines, and bytes, of the heads' file before it.
    var lines: UInt64
    var bytes: UInt64
    /// Digests of what the chain's verifier knows, and of the heads that are kept for evidence.
    var chain: Digest
    var kept: Digest
    /// How far the registrations were read; nil where none are given.
    var leaves: LeafPlace?

    var json: JSONValue {
        .object([
            JSONMember("lines", .integer(lines)), JSONMember("bytes", .integer(bytes)),
            JSONMember("chain", .string(chain.base64)), JSONMember("kept", .string(kept.base64)),
            JSONMember("leaves", leaves?.json ?? .null),
        ])
    }
}

extension SegmentEdge {
    init(_ fields: SegmentFields) throws(SegmentFailure) {
        lines = try fields.integer("lines")
        bytes = try fields.integer("bytes")
        chain = try fields.digest("chain")
        kept = try fields.digest("kept")
        leaves = fields.value["leaves"] == .null ? nil : try LeafPlace(fields.object("leaves"))
    }
}
