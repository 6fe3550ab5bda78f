/// Whether so many of some named watchers vouched for one head.
public struct WatchQuorum: Sendable {
    public enum Verdict: Hashable, Sendable {
        /// The names of those who vouched, k at least.
        case reached([String])
        /// Those who did; fewer than needed.
        case missed([String])
        /// Watchers who vouched for another root of the same size: they, or the log, showed two trees.
        case contradicted([String])
    }

    private let origin: String
    private let treeSize: UInt64
    private let root: Digest
    private let watchers: [CosignerKey]
    private let threshold: Int
    private let times: ClosedRange<UInt64>
    private var vouched: Set<CosignerKey> = []
    private var contradicting: Set<CosignerKey> = []
    /// Notes by known watchers that say nothing of this head: of another log, of another size, too old, or from the future.
    public private(set) var besides = 0

    /// - Parameters:
    ///   - threshold: so many distinct watchers are needed.
    ///   - times: of the cosignatures that count, in seconds since 1970. One from the future would never be too old.
    public init(
        logID: String, treeSize: UInt64, root: Digest, watchers: [CosignerKey], threshold: Int,
        times: ClosedRange<UInt64> = 0...UInt64.max
    ) {
        origin = Checkpoint.origin(logID: logID)
        self.treeSize = treeSize
        self.root = root
        self.watchers = watchers
        self.threshold = threshold
        self.times = times
    }

    /// Takes in a note, whole or not at all: a known watcher's line that does not verify spoils the others too.
    ///
    /// - Throws: why nothing of it can be believed.
    public mutating func add(_ bytes: [UInt8]) throws(SignedNote.Malformed) {
        let note = try SignedNote(bytes)
        let checkpoint = try Checkpoint(text: note.text)
        var cosignatures: [(key: CosignerKey, time: UInt64)] = []
        for key in watchers {
            guard let cosignature = try CheckpointCosignature.find(by: key, under: note) else { continue }
            cosignatures.append((key, cosignature.time))
        }
        guard !cosignatures.isEmpty else {
            throw SignedNote.Malformed(description: "is signed by none of the named watchers")
        }
        for (key, time) in cosignatures {
            guard checkpoint.origin == origin, checkpoint.treeSize == treeSize else {
                besides += 1
                continue
            }
            if checkpoint.root != root {
                contradicting.insert(key)
            } else if times.contains(time) {
                vouched.insert(key)
            } else {
                besides += 1
            }
        }
    }

    public var verdict: Verdict {
        if !contradicting.isEmpty { return .contradicted(contradicting.map(\.name).sorted()) }
        // By key: one key under two names is one watcher.
        let names = vouched.map(\.name).sorted()
        return Set(vouched.map(\.publicKey)).count >= threshold ? .reached(names) : .missed(names)
    }
}
