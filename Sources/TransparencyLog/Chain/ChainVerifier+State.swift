extension ChainVerifier {
    /// A digest of everything that the verdicts on further heads depend on, the checker's clock and trust file apart.
    ///
    /// Two verifiers of one state judge whatever follows alike: so parts of a chain that were judged apart can be joined.
    public var state: Digest {
        let held: JSONValue =
            group.map { group in
                .array([
                    .integer(group.treeSize), .string(group.root.base64), group.signers.json,
                    group.pending?.json ?? .null,
                ])
            } ?? .null
        return Digest.sha256(JSONValue.array([.bool(predecessorUnread), held, known.json]).bytes())
    }
}

extension KnownHeads {
    /// The same for the same knowledge, whatever order dictionaries have.
    fileprivate var json: JSONValue {
        .array([
            .array(order[first...].compactMap { self[$0]?.json }),
            .array(
                bySize.sorted { $0.key < $1.key }.map { size, groups in
                    .array([.integer(size)] + Self.json(groups) { .string($0.base64) })
                }),
            .array(
                byParent.map { ($0.key.hex, $0.value) }.sorted { $0.0 < $1.0 }.map { parent, groups in
                    .array([.string(parent)] + Self.json(groups) { .integer($0) })
                }),
        ])
    }

    /// Groups with the signers and heads that they still stand for, sorted by their text.
    private static func json<Key>(_ groups: Few<Group<Key>>, _ key: (Key) -> JSONValue) -> [JSONValue] {
        sorted(
            groups.map { group in
                let newest = group.newest.map { JSONValue.array([.string($0.hash.hex), $0.signers.json]) }
                return .array([key(group.key), .integer(group.count), .array(sorted(newest))])
            })
    }

    private static func sorted(_ values: [JSONValue]) -> [JSONValue] {
        values.count < 2
            ? values
            : values.map { ($0.serialized(), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    }
}

extension ChainVerifier.Known {
    fileprivate var json: JSONValue {
        .array([
            .string(hash.base64), .string(predecessor.description), .integer(treeSize), .string(root.base64),
            .integer(timestamp), signers.json,
        ])
    }
}

extension Set<String> {
    fileprivate var json: JSONValue { .array(sorted().map { .string($0) }) }
}
