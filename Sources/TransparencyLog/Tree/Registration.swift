/// One leaf of the log: an id, its public key, and the time of the registration (PROTOCOL, "Leaves").
public struct Registration: Hashable, Sendable {
    public let id: JSONText
    /// 32 bytes.
    public let publicKey: [UInt8]
    /// Seconds, or whatever unit the log's clients use; at most 2^53 - 1.
    public let timestamp: UInt64

    public init(id: JSONText, publicKey: [UInt8], timestamp: UInt64) {
        self.id = id
        self.publicKey = publicKey
        self.timestamp = timestamp
    }

    /// SHA-256( id ‖ public_key ‖ timestamp, big-endian ).
    public var leafHash: Digest {
        withUnsafeTemporaryAllocation(byteCount: id.utf8.count + publicKey.count + 8, alignment: 1) { preimage in
            preimage.copyBytes(from: id.utf8)
            preimage[id.utf8.count...].copyBytes(from: publicKey)
            withUnsafeBytes(of: timestamp.bigEndian) { preimage.suffix(8).copyBytes(from: $0) }
            return Digest.sha256(UnsafeRawBufferPointer(preimage))
        }
    }

    /// An id of 24 bytes gives a leaf preimage of 64, the size of a node's: such a leaf can pose as an inner node.
    public var canPoseAsNode: Bool { id.utf8.count == 24 }
}

extension Registration {
    /// Why a JSON value is not a registration.
    public struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
        /// The member at fault; empty if it is the whole value.
        public let member: String
        public let reason: String
        public var description: String { member.isEmpty ? reason : "\(member): \(reason)" }
    }

    /// Reads a registration from its JSON value; other members are left aside.
    public init(_ value: JSONValue) throws(Malformed) {
        guard value.members != nil else { throw Malformed(member: "", reason: "an object is expected") }
        guard let id = value["id"] else { throw Malformed(member: "id", reason: "is missing") }
        guard let id = id.text else { throw Malformed(member: "id", reason: "must be a string, not \(id.kind)") }
        guard !id.utf8.isEmpty else { throw Malformed(member: "id", reason: "must not be empty") }
        guard !id.utf8.contains(0) else { throw Malformed(member: "id", reason: "must not contain U+0000") }
        guard let key = value["public_key"] else { throw Malformed(member: "public_key", reason: "is missing") }
        guard let key = key.text.flatMap(Digest.init(base64:)) else {
            throw Malformed(member: "public_key", reason: "must be the strict base64 of 32 bytes")
        }
        guard let time = value["timestamp"] else { throw Malformed(member: "timestamp", reason: "is missing") }
        guard let time = time.plainInteger else {
            throw Malformed(member: "timestamp", reason: "must be plain decimal digits up to 2^53 - 1")
        }
        self.init(id: id, publicKey: key.bytes, timestamp: time)
    }

    /// What the member `leaf_hash` says, which is never believed; nil where it is not there, or null. What is no hash at all is not
    /// the hash of these members either, and counts as 32 zero bytes.
    public static func claimedHash(in value: JSONValue) -> Digest? {
        switch value["leaf_hash"] {
        case nil, .null?: nil
        case let claim?: claim.text.flatMap(Digest.init(base64:)) ?? .zero
        }
    }
}
