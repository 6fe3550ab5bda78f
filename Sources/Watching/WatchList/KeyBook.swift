import TransparencyLog

/// The keys of watched ids, while registrations are read one after the other.
///
/// What was noted is taken as far as a mark: a signed root vouches for the leaves up to there.
struct KeyBook: Sendable {
    /// What some registrations changed.
    struct Changes: Sendable {
        /// By the SHA-256 of the id.
        var keys: [Digest: RegisteredKey] = [:]
        var told: [(finding: Finding, leaf: Digest)] = []
        /// Findings beyond what one poll stores.
        var untold = 0
        /// Registrations of ids that a pattern matches, and that have no place.
        var unfollowed = 0

        mutating func add(_ later: Changes) {
            keys.merge(later.keys) { $1 }
            told += later.told
            untold += later.untold
            unfollowed += later.unfollowed
        }
    }

    /// Of an id, in a finding; the key stands before it, so that no id can push it out.
    private static let idBytes = 1_024

    let list: WatchList
    let baseline: UInt64
    /// As of the last registration, marked or not.
    private(set) var keys: [Digest: RegisteredKey]
    private var room: Int
    /// Findings that are still made: a log that changes keys without end costs no more memory than these.
    private var findingsLeft: Int
    private var pending = Changes()
    private var marked = Changes()

    init(_ list: WatchList, baseline: UInt64, keys: [Digest: RegisteredKey] = [:], findings: Int) {
        self.list = list
        self.baseline = baseline
        self.keys = keys
        findingsLeft = findings
        room = list.room(beside: keys.keys)
    }

    mutating func note(_ registration: Registration, leaf: Digest, treeSize: UInt64) {
        let id = Digest.sha256(registration.id.utf8)
        guard let match = list.match(registration.id, id) else { return }
        let last = keys[id]
        if last == nil, match == .pattern {
            guard room > 0 else {
                pending.unfollowed += 1
                return
            }
            room -= 1
        }
        guard let finding = RegisteredKey.check(registration, treeSize: treeSize, after: last) else { return }
        let key = RegisteredKey(publicKey: registration.publicKey, treeSize: treeSize)
        keys[id] = key
        pending.keys[id] = key
        if treeSize > baseline { tell(finding, registration.id, leaf) }
    }

    private mutating func tell(_ finding: Finding, _ id: JSONText, _ leaf: Digest) {
        guard findingsLeft > 0 else {
            pending.untold += 1
            return
        }
        findingsLeft -= 1
        var finding = finding
        let text = PlainText.line(JSONValue.string(id).serialized())
        finding.found += ", id \(PlainText.bounded(text, maximumBytes: Self.idBytes))"
        pending.told.append((finding, leaf))
    }

    mutating func mark() {
        marked.add(pending)
        pending = Changes()
    }

    mutating func takeMarked() -> Changes {
        defer { marked = Changes() }
        return marked
    }
}
