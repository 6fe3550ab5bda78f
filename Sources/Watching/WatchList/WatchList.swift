import TransparencyLog

/// The ids of a log whose keys are watched: some by name, others by pattern.
struct WatchList: Hashable, Sendable {
    enum Match {
        case name, pattern
    }

    /// Ids that are followed at most. Those that have a name here always have a place.
    let limit: Int
    /// The SHA-256 of each id that is named: ids are compared as bytes.
    private let names: Set<Digest>
    private let patterns: [IDPattern]
    /// What was collected under another one may lack ids.
    let fingerprint: Digest

    init(_ entries: [String], limit: Int) {
        self.limit = limit
        patterns = entries.compactMap(IDPattern.init)
        names = Set(entries.filter { IDPattern($0) == nil }.map { .sha256(Array($0.utf8)) })
        let hashes = Set(entries.map { Digest.sha256(Array($0.utf8)) }).map(\.bytes)
        let ordered = hashes.sorted { $0.lexicographicallyPrecedes($1) }
        fingerprint = .sha256(Array("\(limit)\u{0}".utf8) + ordered.joined())
    }

    /// - Parameter digest: SHA-256 of the id.
    func match(_ id: JSONText, _ digest: Digest) -> Match? {
        if names.contains(digest) { return .name }
        return patterns.contains { $0.matches(id.utf8) } ? .pattern : nil
    }

    /// How many more ids that patterns match have a place beside some ids that are followed.
    func room(beside followed: some Sequence<Digest>) -> Int {
        limit - names.count - followed.count { !names.contains($0) }
    }
}
