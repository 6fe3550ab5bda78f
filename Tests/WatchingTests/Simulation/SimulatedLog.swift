import HostileLog
import TransparencyLog

/// A log with several histories, and all that is known of its lies: the truth that the watcher is held to.
struct SimulatedLog: Sendable {
    /// What a head says otherwise than it should.
    enum Lie: CaseIterable, Sendable {
        case unsigned, underSigned, brokenSignature, otherPolicy, startsAnew, regressed, wrongRoot, early, future
    }

    struct Head: Sendable {
        let hash: Digest
        /// Nil: it calls itself the first.
        let parent: Digest?
        let treeSize: UInt64
        let root: Digest
        let timestamp: UInt64
        var signers: Set<String>
        let lie: Lie?

        var hasQuorum: Bool { signers.count >= 2 }

        /// Whether these two cannot both be honest. Written down from PROTOCOL, not from the code that is tested.
        func contradicts(_ other: Head) -> Bool {
            let quorums = hasQuorum && other.hasQuorum
            if treeSize == other.treeSize {
                return root != other.root && (quorums || !signers.isDisjoint(with: other.signers))
            }
            return parent != nil && parent == other.parent && hash != other.hash && quorums
        }
    }

    /// One element of an answer; without a head it cannot be read.
    struct Element: Sendable {
        var text: String
        var head: Head?
    }

    struct Branch: Sendable {
        var log: TestLog
        var elements: [Element] = []
        var leaves: [String] = []
    }

    private(set) var branches = [Branch(log: TestLog())]
    /// Places of lines whose key was exchanged.
    var exchanged: Set<Int> = []
    /// The stored leaf_hash of these lines is wrong.
    private(set) var falseClaims: Set<String> = []
    private var registered = 0

    /// Registers, and publishes a head for all of it.
    mutating func grow(_ index: Int, by count: Int, _ lie: Lie?, at time: UInt64, _ random: inout SplitMix) throws {
        for _ in 0..<count { register(index, &random) }
        var branch = branches[index]
        let quorum = [[0, 1], [1, 2], [0, 2], [0, 1, 2]].randomElement(using: &random) ?? []
        let past = branch.elements.compactMap(\.head).filter { $0.lie == nil }
        var signers = quorum
        let salt = random.next()
        let head = try branch.log.publish { lies in
            lies.timestamp = time
            switch lie {
            case .unsigned: signers = []
            case .underSigned: signers = [Int(salt % 3)]
            case .brokenSignature: signers = [0, 1]
            case .otherPolicy: lies.policy = #"{"t":1,"n":3}"#
            case .startsAnew: lies.previous = ""
            case .regressed:
                guard let old = past.dropLast().last else { break }
                lies.treeSize = "\(old.treeSize)"
                lies.root = old.root
            case .wrongRoot: lies.root = .sha256(withUnsafeBytes(of: salt, Array.init))
            case .early: lies.timestamp = time - 50_000
            case .future: lies.timestamp = time + 50_000
            case nil: break
            }
            lies.signers = signers
        }
        let hash = try head.hash(.jcs)
        var element = Element(
            text: head.value.serialized(),
            head: Head(
                hash: hash, parent: branch.log.heads.count == 1 || lie == .startsAnew ? nil : try parent(branch),
                treeSize: head.treeSize, root: head.root, timestamp: head.timestamp,
                signers: Set(signers.map { "cosigner_\($0)" }), lie: lie))
        if lie == .brokenSignature { element.text = signed(element.text, 2, [UInt8](repeating: 7, count: 64)) }
        branch.elements.append(element)
        branches[index] = branch
    }

    private func parent(_ branch: Branch) throws -> Digest? { try branch.log.heads.dropLast().last?.hash(.jcs) }

    private mutating func register(_ index: Int, _ random: inout SplitMix) {
        registered += 1
        branches[index].log.register("user\(registered)@test")
        guard let line = branches[index].log.leafLines(from: branches[index].leaves.count).first else { return }
        branches[index].leaves.append(line)
    }

    /// An old line holds another key, and the leaf hash that belongs to it; the heads are as they were.
    mutating func exchangeKey(_ index: Int, at place: Int) {
        let old = branches[index].log.registrations[place]
        let new = Registration(
            id: old.id, publicKey: Digest.sha256(old.publicKey).bytes, timestamp: old.timestamp)
        branches[index].leaves[place] = branches[index].leaves[place]
            .replacing(Base64.encode(old.publicKey), with: Base64.encode(new.publicKey))
            .replacing(old.leafHash.base64, with: new.leafHash.base64)
        exchanged.insert(place)
    }

    /// The newest leaf line claims another hash than its own.
    mutating func spoilClaim(_ index: Int) {
        guard let line = branches[index].leaves.popLast(), let registration = branches[index].log.registrations.last
        else { return }
        let spoilt = line.replacing(registration.leafHash.base64, with: Digest.sha256([1]).base64)
        branches[index].leaves.append(spoilt)
        falseClaims.insert(spoilt)
    }

    /// What cannot be read stands among the heads.
    mutating func addJunk(_ index: Int, _ random: inout SplitMix) {
        branches[index].elements.append(Element(text: #"{"tree_size":-\#(random.next() % 1_000_000)}"#))
    }

    /// The newest head that lacks signatures gets one more; or, as its hash has it, another instead of those that it had.
    mutating func sign(_ index: Int) {
        let elements = branches[index].elements
        guard let place = elements.lastIndex(where: { $0.head?.lie == .underSigned && $0.head?.hasQuorum == false }),
            var head = elements[place].head,
            let signer = (0..<3).first(where: { !head.signers.contains("cosigner_\($0)") })
        else { return }
        let signature = branches[index].log.keys[signer].signature(for: head.hash.bytes)
        var text = elements[place].text
        if head.hash.bytes[0].isMultiple(of: 2), let list = text.firstRange(of: "\"signatures\":[") {
            text = "\(text[..<list.upperBound])]}"
            head.signers = []
        }
        head.signers.insert("cosigner_\(signer)")
        branches[index].elements[place] = Element(text: signed(text, signer, signature), head: head)
    }

    /// Whether the leaves of one of its histories give another root than a head says.
    func isDisproved(_ head: Head) -> Bool {
        branches.contains { branch in
            let leaves = branch.log.registrations.prefix(Int(head.treeSize))
            guard leaves.count == Int(head.treeSize) else { return false }
            var frontier = Frontier()
            for leaf in leaves { frontier.append(leaf.leafHash) }
            return frontier.root != head.root
        }
    }

    private func signed(_ text: String, _ signer: Int, _ signature: [UInt8]) -> String {
        let isFirst = text.hasSuffix("[]}")
        let entry = #"{"cosigner":"cosigner_\#(signer)","sig":"\#(Base64.encode(signature))"}"#
        return text.dropLast(2) + (isFirst ? "" : ",") + entry + "]}"
    }

    /// Another history from some head on.
    ///
    /// - Returns: its number; nil where there is nothing to fork from.
    mutating func fork(_ index: Int, dropping count: Int) -> Int? {
        var branch = branches[index]
        branch.elements = Array(branch.elements.dropLast(count))
        let heads = branch.elements.compactMap(\.head)
        // What a head regressed to is no place to go on from.
        guard let last = heads.last, last.lie == nil else { return nil }
        branch.log.keep(heads: heads.count)
        branch.leaves = Array(branch.leaves.prefix(Int(last.treeSize)))
        branches.append(branch)
        return branches.count - 1
    }
}

extension TestLog {
    fileprivate func leafLines(from index: Int) -> [String] {
        registrations[index...].map {
            JSONValue.object([
                JSONMember("id", .string($0.id)), JSONMember("public_key", .string(Base64.encode($0.publicKey))),
                JSONMember("timestamp", .integer($0.timestamp)), JSONMember("leaf_hash", .string($0.leafHash.base64)),
            ]).serialized()
        }
    }
}
