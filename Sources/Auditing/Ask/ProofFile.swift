public import TransparencyLog

/// A proof in one file that can be checked offline with nothing else but the trust file that the checker believes.
public struct ProofFile: Hashable, Sendable {
    public static let format = "nexo-proof/v1"
    /// A path has at most 64 hashes, and a head is at most a megabyte.
    public static let maximumBytes = 4 << 20

    public enum Claim: Hashable, Sendable {
        /// The registration is the leaf at `index` of the head's tree. The head's JSON is kept as received.
        case inclusion(head: JSONValue, index: UInt64, registration: Registration)
        /// The first head's tree is the beginning of the second's.
        case consistency(first: JSONValue, second: JSONValue)
    }

    /// Which log is meant; its keys are believed by nobody.
    public let log: TrustFile
    public let claim: Claim
    public let path: [Digest]

    public init(log: TrustFile, claim: Claim, path: [Digest]) {
        self.log = log
        self.claim = claim
        self.path = path
    }

    public var json: JSONValue {
        var members = [JSONMember("format", .string(Self.format))]
        switch claim {
        case .inclusion(let head, let index, let registration):
            members += [
                JSONMember("kind", .string("inclusion")), JSONMember("log", log.json), JSONMember("head", head),
                JSONMember("index", .integer(index)),
                JSONMember(
                    "registration",
                    .object([
                        JSONMember("id", .string(registration.id)),
                        JSONMember("public_key", .string(Base64.encode(registration.publicKey))),
                        JSONMember("timestamp", .integer(registration.timestamp)),
                    ])),
            ]
        case .consistency(let first, let second):
            members += [
                JSONMember("kind", .string("consistency")), JSONMember("log", log.json),
                JSONMember("heads", .array([first, second])),
            ]
        }
        members.append(JSONMember("path", .array(path.map { .string($0.base64) })))
        return .object(members)
    }

    /// Why a file is no proof that can be read.
    public struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    public init(json bytes: [UInt8]) throws(Malformed) {
        let value: JSONValue
        do {
            value = try JSONReader.parse(
                bytes, maximumBytes: Self.maximumBytes, maximumDepth: JSONReader.envelopeDepth)
        } catch {
            throw Malformed(description: "not JSON: \(error)")
        }
        guard let format = value["format"]?.text, format == "nexo-proof/v1" else {
            throw Malformed(description: "format: must be \"\(Self.format)\"")
        }
        do { log = try TrustFile(value["log"] ?? .null) } catch { throw Malformed(description: "log: \(error)") }
        switch value["kind"]?.text {
        case let kind? where kind == "inclusion": claim = try Self.inclusion(value)
        case let kind? where kind == "consistency": claim = try Self.consistency(value)
        default: throw Malformed(description: "kind: must be \"inclusion\" or \"consistency\"")
        }
        guard let entries = value["path"]?.elements else { throw Malformed(description: "path: must be an array") }
        path = entries.compactMap { $0.text.flatMap(Digest.init(base64:)) }
        guard path.count == entries.count else {
            throw Malformed(description: "path: must be the strict base64 of 32 bytes each")
        }
    }

    private static func inclusion(_ value: JSONValue) throws(Malformed) -> Claim {
        guard let head = value["head"] else { throw Malformed(description: "head: is missing") }
        guard let index = value["index"]?.plainInteger else {
            throw Malformed(description: "index: must be plain decimal digits up to 2^53 - 1")
        }
        do {
            return .inclusion(
                head: head, index: index, registration: try Registration(value["registration"] ?? .null))
        } catch { throw Malformed(description: "registration: \(error)") }
    }

    private static func consistency(_ value: JSONValue) throws(Malformed) -> Claim {
        guard let heads = value["heads"]?.elements, heads.count == 2 else {
            throw Malformed(description: "heads: must be two")
        }
        return .consistency(first: heads[0], second: heads[1])
    }
}
