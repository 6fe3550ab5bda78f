/// Two heads that cannot both be honest, in one file that a third party can check offline (PROTOCOL, "Evidence").
public struct Evidence: Hashable, Sendable {
    public static let format = "nexo-evidence/v1"

    /// What contradicts what.
    public enum Kind: String, Sendable, CaseIterable {
        case sameSizeDifferentRoot = "same-size-different-root"
        case branch
        case inconsistent
        case rootMismatch = "root-mismatch"
        case linkBroken = "link-broken"
    }

    /// Where and when a head was seen; testimony, which no verdict rests on.
    public struct Observation: Hashable, Sendable {
        public let from: String
        /// Seconds since 1970.
        public let at: UInt64

        public init(from: String, at: UInt64) {
            self.from = from
            self.at = at
        }
    }

    public struct Exhibit: Hashable, Sendable {
        /// The head's JSON as received; with all its signatures, where they came one after another.
        public let head: JSONValue
        public let observed: [Observation]

        public init(head: JSONValue, observed: [Observation]) {
            self.head = head
            self.observed = observed
        }
    }

    /// What a larger tree has at a smaller size.
    public struct Prefix: Hashable, Sendable {
        public let root: Digest
        /// A consistency proof (RFC 9162, section 2.1.4) between the sizes of the two heads.
        public let path: [Digest]

        public init(root: Digest, path: [Digest]) {
            self.root = root
            self.path = path
        }
    }

    public let kind: Kind
    public let log: TrustFile
    public let heads: [Exhibit]
    /// The hashes of the leaves, where the contradiction needs them.
    public let leaves: [Digest]?
    /// The root that the larger tree has at the smaller one's size, and the proof of it, where the contradiction needs
    /// them: they take no more room for a large log.
    public let prefix: Prefix?
    /// The cosigners who signed both sides, as the maker of the file names them; a checker names its own.
    public let equivocating: [String]
    /// Seconds since 1970.
    public let created: UInt64
    public let tool: String

    public init(
        kind: Kind, log: TrustFile, heads: [Exhibit], leaves: [Digest]? = nil, prefix: Prefix? = nil,
        equivocating: [String], created: UInt64, tool: String
    ) {
        self.kind = kind
        self.log = log
        self.heads = heads
        self.leaves = leaves
        self.prefix = prefix
        self.equivocating = equivocating
        self.created = created
        self.tool = tool
    }

    /// The bytes of the file: the JSON and a newline.
    public var fileBytes: [UInt8] { json.bytes() + [0x0A] }

    public var json: JSONValue {
        var members = [
            JSONMember("format", .string(Self.format)), JSONMember("kind", .string(kind.rawValue)),
            JSONMember("log", log.json),
            JSONMember(
                "heads",
                .array(
                    heads.map { exhibit in
                        .object([
                            JSONMember("head", exhibit.head),
                            JSONMember(
                                "observed",
                                .array(
                                    exhibit.observed.map {
                                        .object([
                                            JSONMember("from", .string($0.from)), JSONMember("at", .integer($0.at)),
                                        ])
                                    })),
                        ])
                    })),
        ]
        if let leaves { members.append(JSONMember("leaves", .array(leaves.map { .string($0.base64) }))) }
        if let prefix {
            members.append(
                JSONMember(
                    "consistency_proof",
                    .object([
                        JSONMember("first_root", .string(prefix.root.base64)),
                        JSONMember("path", .array(prefix.path.map { .string($0.base64) })),
                    ])))
        }
        members += [
            JSONMember("equivocating", .array(equivocating.map { .string($0) })),
            JSONMember("created", .integer(created)), JSONMember("tool", .string(tool)),
        ]
        return .object(members)
    }

    /// Why a file is not evidence that can be read.
    public struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    public init(json bytes: [UInt8]) throws(Malformed) {
        let value: JSONValue
        do { value = try JSONReader.parse(bytes, maximumDepth: JSONReader.envelopeDepth) } catch {
            throw Malformed(description: "not JSON: \(error)")
        }
        guard value["format"]?.text?.description == Self.format else {
            throw Malformed(description: "format: must be \"\(Self.format)\"")
        }
        guard let kind = (value["kind"]?.text?.description).flatMap(Kind.init) else {
            throw Malformed(description: "kind: is none of \(Kind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        do { log = try TrustFile(value["log"] ?? .null) } catch { throw Malformed(description: "log: \(error)") }
        guard let heads = value["heads"]?.elements, (1...2).contains(heads.count) else {
            throw Malformed(description: "heads: must be one or two")
        }
        self.kind = kind
        self.heads = heads.map { entry in
            Exhibit(
                head: entry["head"] ?? .null,
                observed: (entry["observed"]?.elements ?? []).map {
                    Observation(from: $0["from"]?.text?.description ?? "", at: $0["at"]?.plainInteger ?? 0)
                })
        }
        leaves = try value["leaves"]?.elements.map { entries throws(Malformed) in
            try Self.digests(entries, "leaves")
        }
        prefix = try value["consistency_proof"].map { proof throws(Malformed) in
            guard let root = proof["first_root"]?.text.flatMap(Digest.init(base64:)),
                let path = proof["path"]?.elements, path.count <= 128
            else { throw Malformed(description: "consistency_proof: must have a first_root and a path of hashes") }
            return Prefix(root: root, path: try Self.digests(path, "consistency_proof.path"))
        }
        equivocating = (value["equivocating"]?.elements ?? []).compactMap { $0.text?.description }
        created = value["created"]?.plainInteger ?? 0
        tool = value["tool"]?.text?.description ?? ""
    }

    private static func digests(_ entries: [JSONValue], _ place: String) throws(Malformed) -> [Digest] {
        let digests = entries.compactMap { $0.text.flatMap(Digest.init(base64:)) }
        guard digests.count == entries.count else {
            throw Malformed(description: "\(place): must be the strict base64 of 32 bytes each")
        }
        return digests
    }
}

extension Evidence.Kind {
    public init(_ contradiction: Contradiction) {
        switch contradiction {
        case .sameSizeDifferentRoot: self = .sameSizeDifferentRoot
        case .branch: self = .branch
        }
    }
}
