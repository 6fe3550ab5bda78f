import TransparencyLog

/// The keys of watched ids, while registrations are read one after the other.
struct KeyBook: Sendable {
    /// A key that a watched id did not have before.
    struct Note: Sendable {
        /// SHA-256 of the id.
        var id: Digest
        var key: RegisteredKey
        var leaf: Digest
        /// nil where the key is one that the watch begins with.
        var finding: Finding?
    }

    /// Of an id, in a finding; the key stands before it, so that no id can push it out.
    private static let idBytes = 1_024

    let list: WatchList
    let baseline: UInt64
    private(set) var keys: [Digest: RegisteredKey]
    /// Registrations of ids that a pattern matches, and that have no place.
    private(set) var unfollowed = 0
    private var room: Int

    init(_ list: WatchList, baseline: UInt64, keys: [Digest: RegisteredKey] = [:]) {
        self.list = list
        self.baseline = baseline
        self.keys = keys
        room = list.room(beside: keys.keys)
    }

    mutating func note(_ registration: Registration, leaf: Digest, treeSize: UInt64) -> Note? {
        let id = Digest.sha256(registration.id.utf8)
        guard let match = list.match(registration.id, id) else { return nil }
        let last = keys[id]
        if last == nil, match == .pattern {
            guard room > 0 else {
                unfollowed += 1
                return nil
            }
            room -= 1
        }
        guard var finding = RegisteredKey.check(registration, treeSize: treeSize, after: last) else { return nil }
        let key = RegisteredKey(publicKey: registration.publicKey, treeSize: treeSize)
        keys[id] = key
        guard treeSize > baseline else { return Note(id: id, key: key, leaf: leaf) }
        let text = PlainText.line(JSONValue.string(registration.id).serialized())
        finding.found += ", id \(PlainText.bounded(text, maximumBytes: Self.idBytes))"
        return Note(id: id, key: key, leaf: leaf, finding: finding)
    }
}
