import TransparencyLog
import Watching

/// Makes steps as the watcher commits them, for a log that is never served: of the shape and size of real ones, but with
/// signatures that nobody verifies here.
struct StoredLogMaker {
    let id: String
    private var frontier = Frontier()
    private var previous: SignedTreeHead.Predecessor = .none
    /// As the store has it after the last step.
    private var position = LogPosition()

    init(_ id: String) { self.id = id }

    /// A step with so many heads, a leaf each, one second after the other.
    ///
    /// - Parameter start: seconds since 1970, of the first one.
    mutating func step(heads: Int, at start: UInt64) -> PollStep {
        var step = PollStep(logID: id, name: id, expected: position)
        step.at = start + UInt64(heads)
        for time in start..<start + UInt64(heads) {
            let size = frontier.end + 1
            let name = "user\(size)@\(id)"
            let registration = Registration(
                id: JSONText(name), publicKey: Digest.sha256(Array(name.utf8)).bytes, timestamp: time)
            let leaf = registration.leafHash
            frontier.append(leaf)
            let root = frontier.root ?? .zero
            step.heads.append(head(size: size, root: root, time))
            step.newLeaves.append(leaf)
            let line =
                #"{"id":"\#(name)","public_key":"\#(Base64.encode(registration.publicKey))","timestamp":\#(time),"#
                + #""leaf_hash":"\#(leaf.base64)"}"#
            position.leafOffset += UInt64(line.utf8.count) + 1
            position.lastLeafLine = Array(line.utf8)
            position.verifiedTimestamp = time
        }
        position.verifiedHash = step.heads.last?.known.hash
        position.verifiedCount += Int64(heads)
        position.verifiedSize = frontier.end
        position.seenSize = frontier.end
        position.leafCount = frontier.end
        position.frontier = frontier.nodes.map(\.hash)
        position.assurance = .rootsRecomputed
        step.position = position
        position.version += 1
        return step
    }

    private mutating func head(size: UInt64, root: Digest, _ time: UInt64) -> StoredHead {
        let link = if case .hash(let hash) = previous { hash.base64 } else { "" }
        let before = #""policy":{"n":3,"t":2},"prev_hash":"\#(link)","root":"\#(root.base64)","#
        let after = #""timestamp":\#(time),"tree_size":\#(size)}"#
        let hash = Digest.sha256(Array("{\(before)\(after)".utf8))
        let signature = Base64.encode(hash.bytes + root.bytes)
        let signatures = (0..<2).map { #"{"cosigner":"cosigner_\#($0)","sig":"\#(signature)"}"# }
        let json = #"{\#(before)"signatures":[\#(signatures.joined(separator: ","))],\#(after)"#
        let known = ChainVerifier.Known(
            hash: hash, predecessor: previous, treeSize: size, root: root, timestamp: time,
            signers: ["cosigner_0", "cosigner_1"])
        previous = .hash(hash)
        return StoredHead(known: known, raw: Array(json.utf8), state: .verified, seenAt: time)
    }
}
