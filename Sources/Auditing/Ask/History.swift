import LogFiles
public import TransparencyLog

/// All that a log ever registered for one id.
public struct History: Sendable {
    public static let format = "nexo-history/v1"

    public struct Entry: Sendable {
        /// The leaf's place, from 0; the tree has held it from size `index + 1` on.
        public let index: UInt64
        public let registration: Registration
        /// Computed, never read.
        public let leafHash: Digest
        /// Where it stands in its file, from 1.
        public let line: Int
        public let byteOffset: UInt64
        /// Against `head`; nil if that does not cover it.
        public fileprivate(set) var proof: InclusionProof?
    }

    public let id: JSONText
    public private(set) var entries: [Entry] = []
    /// What is wrong or worth knowing of the registrations above.
    public private(set) var findings: [Finding] = []
    public private(set) var leavesRead: UInt64 = 0
    /// The newest head that the registrations can be proved against.
    public private(set) var head: ProvingHead?
    /// What was not checked, each with its reason.
    public private(set) var notChecked: [String] = []

    private init(id: JSONText) { self.id = id }

    /// Reads the registrations once. Memory is that of the answer, and of 32 bytes a leaf where heads are given.
    ///
    /// - Parameter heads: the published heads, and the log's trust file.
    /// - Throws: `LogFileError`; `AskFailure` where nothing is registered for the id.
    public static func of(
        _ id: JSONText, leaves: String, heads: (path: String, trust: TrustFile)? = nil
    ) throws -> History {
        var history = History(id: id)
        var tree = LeafTree()
        var stream = try LeafStream(path: leaves)
        while let leaf = try stream.next() {
            if heads != nil { tree.append(leaf.registration.leafHash) }
            if leaf.registration.id == id { history.add(leaf) }
        }
        history.leavesRead = stream.count
        let broken = stream.broken
        if let broken { history.findings.append(broken) }
        guard !history.entries.isEmpty else {
            let name = Quoted.text(id)
            if let broken { throw AskFailure("\(leaves): \(name) is not registered before this: \(broken.text)") }
            throw AskFailure(
                "\(leaves): \(name) is not registered in these \(stream.count) leaves; ids are compared byte by byte")
        }
        if let heads {
            try history.prove(tree, heads.path, HeadVerifier(trust: heads.trust))
        } else {
            history.notChecked.append("inclusion not proved: no heads given")
        }
        return history
    }

    private mutating func add(_ leaf: LeafStream.Leaf) {
        let hash = leaf.registration.leafHash
        func report(_ finding: Finding) {
            var finding = finding
            finding.line = leaf.line
            finding.byteOffset = leaf.byteOffset
            findings.append(finding)
        }
        let size = leaf.index + 1
        if let finding = TreeVerifier.check(hash, claimed: leaf.claimed, treeSize: size) { report(finding) }
        if let before = entries.last {
            let last = RegisteredKey(publicKey: before.registration.publicKey, treeSize: before.index + 1)
            if let finding = RegisteredKey.check(leaf.registration, treeSize: size, after: last) { report(finding) }
        }
        entries.append(
            Entry(
                index: leaf.index, registration: leaf.registration, leafHash: hash, line: leaf.line,
                byteOffset: leaf.byteOffset))
    }

    /// One head serves for all: the largest, if it covers any.
    private mutating func prove(_ tree: LeafTree, _ path: String, _ verifier: HeadVerifier) throws {
        guard let first = entries.first else { return }
        do {
            head = try ProvingHead.newest(in: path, sizes: first.index + 1...(.max), tree: tree, verifier: verifier)
        } catch let failure as AskFailure {
            notChecked.append("inclusion not proved: \(failure)")
            return
        }
        if let why = head?.passedOver {
            notChecked.append("there may be later registrations, or others: in \(path), \(why)")
        }
        guard let size = head?.head.treeSize else { return }
        for index in entries.indices {
            entries[index].proof = tree.inclusionProof(index: entries[index].index, treeSize: size)
        }
        let uncovered = entries.count { $0.proof == nil }
        if uncovered > 0 {
            notChecked.append(
                "inclusion not proved for \(uncovered) registrations: the newest head with a quorum covers \(size) leaves"
            )
        }
    }

    /// Times that the id was registered under another key than the time before.
    public var keyChanges: Int { findings.count { $0.rule == .keyChanged } }

    /// 0 answered, 1 a stored leaf_hash is wrong, 3 not everything could be read or proved that was asked for.
    public func exitCode(headsGiven: Bool) -> Int32 {
        let severities = Set(findings.map(\.severity))
        if severities.contains(.violation) { return 1 }
        return severities.contains(.unchecked) || (headsGiven && !notChecked.isEmpty) ? 3 : 0
    }
}
