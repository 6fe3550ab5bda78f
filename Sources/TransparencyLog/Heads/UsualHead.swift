/// A head in the usual form: the known members alone, each in its usual spelling.
///
/// It is kept as the text it was read from, which the JSON value is made of where somebody asks for it.
struct UsualHead: Sendable {
    var text: [UInt8] = []
    var treeSize: UInt64 = 0
    var timestamp: UInt64 = 0
    var root = Digest.zero
    /// Nil if the member is not there; its digest is nil for "".
    var previous: Digest??
    var policy: SignedTreeHead.Policy?
    var signatures: [SignedTreeHead.Signature] = []

    /// - Returns: nil for every other text, a head's or not.
    init?(_ text: [UInt8]) {
        let isRead = text.withUnsafeBufferPointer { read(UsualJSON($0)) }
        guard isRead else { return nil }
        self.text = text
    }

    private mutating func read(_ json: consuming UsualJSON) -> Bool {
        guard json.take("{") else { return false }
        var seen = 0
        repeat {
            guard let name = json.name(), let member = Self.member(name), seen & member == 0 else { return false }
            seen |= member
            guard read(member, &json) else { return false }
        } while json.take(",")
        return json.take("}") && json.isAtEnd() && seen & Self.needed == Self.needed
    }

    private static let needed = 0b111

    /// One bit for each known member, those first without which there is no head.
    private static func member(_ name: UnsafeBufferPointer<UInt8>) -> Int? {
        if name.isName("tree_size") { return 1 }
        if name.isName("timestamp") { return 2 }
        if name.isName("root") { return 4 }
        if name.isName("prev_hash") { return 8 }
        if name.isName("policy") { return 16 }
        return name.isName("signatures") ? 32 : nil
    }

    private mutating func read(_ member: Int, _ json: inout UsualJSON) -> Bool {
        switch member {
        case 1, 2:
            guard let value = json.integer() else { return false }
            if member == 1 { treeSize = value } else { timestamp = value }
            return true
        case 4:
            guard let value = json.digest() else { return false }
            root = value
            return true
        case 8: return readPrevious(&json)
        case 16: return readPolicy(&json)
        default: return readSignatures(&json)
        }
    }

    private mutating func readPrevious(_ json: inout UsualJSON) -> Bool {
        var ahead = json
        if let text = ahead.string(), text.isEmpty {
            json = ahead
            previous = .some(nil)
            return true
        }
        guard let digest = json.digest() else { return false }
        previous = .some(digest)
        return true
    }

    private mutating func readPolicy(_ json: inout UsualJSON) -> Bool {
        guard json.take("{"), let first = json.name(), let value = json.integer(), json.take(","),
            let second = json.name(), let other = json.integer(), json.take("}")
        else { return false }
        if first.isName("t"), second.isName("n") {
            policy = .init(t: value, n: other)
        } else if first.isName("n"), second.isName("t") {
            policy = .init(t: other, n: value)
        } else {
            return false
        }
        return true
    }

    private mutating func readSignatures(_ json: inout UsualJSON) -> Bool {
        guard json.take("[") else { return false }
        if json.take("]") { return true }
        signatures.reserveCapacity(3)
        repeat {
            guard json.take("{"), let first = json.name(), first.isName("cosigner"), let cosigner = json.string(),
                json.take(","), let second = json.name(), second.isName("sig"),
                let bytes = SignatureBytes(base64: &json), json.take("}"),
                signatures.count < SignedTreeHead.maximumSignatures
            else { return false }
            signatures.append(.init(cosigner: String(decoding: cosigner, as: UTF8.self), signature: bytes))
        } while json.take(",")
        return json.take("]")
    }
}

extension UsualHead {
    /// The canonical form without `signatures`. All of it is plain, so that it is put together without a JSON value.
    func canonicalBytes(_ dialect: CanonicalJSON) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(256)
        func append(_ text: StaticString) {
            text.withUTF8Buffer { output.append(contentsOf: $0) }
        }
        append("{")
        if let policy {
            append("\"policy\":{")
            // The shallow dialect keeps in nested objects only names that stand at the top too.
            if dialect == .jcs {
                append("\"n\":")
                output.append(contentsOf: Self.digits(policy.n))
                append(",\"t\":")
                output.append(contentsOf: Self.digits(policy.t))
            }
            append("},")
        }
        if let previous {
            append("\"prev_hash\":\"")
            previous?.appendBase64(to: &output)
            append("\",")
        }
        append("\"root\":\"")
        root.appendBase64(to: &output)
        append("\",\"timestamp\":")
        output.append(contentsOf: Self.digits(timestamp))
        append(",\"tree_size\":")
        output.append(contentsOf: Self.digits(treeSize))
        append("}")
        return output
    }

    private static func digits(_ value: UInt64) -> String.UTF8View { String(value).utf8 }
}
