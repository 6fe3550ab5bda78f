import LogFiles
public import TransparencyLog

/// Reads two copies of a chain and compares them.
public struct ChainComparison {
    private static let batch = 4_096
    /// Bytes of heads that are judged at a time: what a head says may take a hundred times its text in memory.
    private static let batchBytes = 4 << 20

    private let files: [String]
    private let verifier: HeadVerifier
    private let jobs: Int
    private let limit: Int
    private var diff: ChainDiff
    /// Heads that were read to find the place where a copy begins, and not yet compared.
    private var pushed: [HeadStream.Entry?] = [nil, nil]

    private init(_ files: [String], _ trust: TrustFile, _ jobs: Int, _ limit: Int, _ engine: Ed25519Engine) {
        self.files = files
        verifier = HeadVerifier(trust: trust, engine: engine)
        self.jobs = jobs
        self.limit = limit
        diff = ChainDiff(files: files)
    }

    /// - Parameter limit: heads of one copy that are kept behind the place where the two part.
    /// - Throws: `LogFileError`; `AskFailure` where a copy has more heads behind that place than are kept.
    public static func between(
        _ first: String, _ second: String, trust: TrustFile, jobs: Int = 1, engine: Ed25519Engine = .auto,
        limit: Int = ChainDiff.headsKept
    ) async throws -> ChainDiff {
        for path in [first, second] where !RegularFile.isThere(path) {
            throw LogFileError(path: path, reason: "is no file: both are read several times, so give no pipe")
        }
        var comparison = ChainComparison([first, second], trust, jobs, limit, engine)
        try await comparison.run()
        return comparison.diff
    }

    private mutating func run() async throws {
        let begins = try align()
        var streams0 = try HeadStream(path: files[0])
        var streams1 = try HeadStream(path: files[1])
        try skip(&streams0, 0, to: begins[0])
        try skip(&streams1, 1, to: begins[1])
        let (next0, next1) = try walk(&streams0, &streams1)
        let rest0 = try await load(&streams0, 0, first: next0)
        let rest1 = try await load(&streams1, 1, first: next1)
        note(rest0, 0, others: rest1)
        note(rest1, 1, others: rest0)
        diff.meetAgain = rest0.keys.count { rest1[$0] != nil }
        // What the second alone has, against all that the first has; then what the first alone has, against what is
        // in common: two heads of which each is in one copy alone were compared already.
        try clash(Self.exclusive(rest1, rest0), 1, with: Self.inOrder(rest0))
        try clash(Self.exclusive(rest0, rest1), 0, with: Self.inOrder(rest1).filter { rest0[$0.known.hash] != nil })
        note(streams0.malformed, streams0.malformedCount, 0)
        note(streams1.malformed, streams1.malformedCount, 1)
    }

    private func hash(_ head: SignedTreeHead) -> Digest? { try? head.hash(verifier.trust.canonical) }

    /// The line of each file with which the heads in common begin: a copy may begin later than the other.
    private func align() throws -> [Int] {
        let firsts = try files.map { path in
            var stream = try HeadStream(path: path)
            return try stream.next().flatMap { hash($0.head) }
        }
        guard let first = firsts[0], let second = firsts[1], first != second else { return [0, 0] }
        if let line = try line(of: second, in: files[0]) { return [line, 0] }
        if let line = try line(of: first, in: files[1]) { return [0, line] }
        return [0, 0]
    }

    private func line(of wanted: Digest, in path: String) throws -> Int? {
        var stream = try HeadStream(path: path)
        while let entry = try stream.next() { if hash(entry.head) == wanted { return entry.line } }
        return nil
    }

    private mutating func skip(_ stream: inout HeadStream, _ file: Int, to line: Int) throws {
        guard line > 0 else { return }
        while let entry = try stream.next() {
            if entry.line >= line {
                pushed[file] = entry
                return
            }
            diff.rests[file].before += 1
            diff.rests[file].note(entry.head.treeSize)
        }
    }

    /// Walks both copies in step for as long as they have the same heads; gives the first heads that differ.
    private mutating func walk(
        _ first: inout HeadStream, _ second: inout HeadStream
    ) throws -> (HeadStream.Entry?, HeadStream.Entry?) {
        while true {
            let next0 = try next(&first, 0)
            let next1 = try next(&second, 1)
            guard let next0, let next1, let hash = hash(next0.head), hash == self.hash(next1.head) else {
                return (next0, next1)
            }
            diff.inCommon += 1
            diff.lastCommon = .init(hash: hash, treeSize: next0.head.treeSize, lines: [next0.line, next1.line])
        }
    }

    /// The next head of a copy. The same head again, with other signatures, is no other head.
    private mutating func next(_ stream: inout HeadStream, _ file: Int) throws -> HeadStream.Entry? {
        if let entry = pushed[file] {
            pushed[file] = nil
            return entry
        }
        while let entry = try stream.next() {
            if let last = diff.lastCommon, entry.head.treeSize == last.treeSize, hash(entry.head) == last.hash {
                continue
            }
            return entry
        }
        return nil
    }

    /// Judges all that is left of a copy, by hash. Heads without a canonical form are counted as unreadable.
    private mutating func load(
        _ stream: inout HeadStream, _ file: Int, first: HeadStream.Entry?
    ) async throws -> [Digest: PlacedHead] {
        var placed: [Digest: PlacedHead] = [:]
        var batch = [first].compactMap { $0 }
        while true {
            var bytes = 0
            while batch.count < Self.batch, bytes < Self.batchBytes, let entry = try stream.next() {
                batch.append(entry)
                bytes += entry.bytes
            }
            if batch.isEmpty { return placed }
            for (entry, judged) in zip(batch, await verifier.verify(batch.map(\.head), jobs: jobs)) {
                guard let known = ChainVerifier.Known(judged) else {
                    var finding = judged.findings.first ?? Finding(.headMalformed, expected: "a head", found: "none")
                    (finding.severity, finding.line) = (.unchecked, entry.line)
                    note([finding], 1, file)
                    continue
                }
                let this = PlacedHead(known: known, line: entry.line)
                placed[known.hash] = placed[known.hash]?.joined(with: this) ?? this
            }
            guard placed.count <= limit else {
                throw AskFailure(
                    "\(files[file]): has more than \(limit) heads behind the place where the copies part (line "
                        + "\(diff.lastCommon?.lines[file] ?? 0)); cut both files behind it and compare again")
            }
            batch = []
        }
    }

    private mutating func note(_ findings: [Finding], _ count: Int, _ file: Int) {
        diff.malformed += findings.map { (file, $0) }
        diff.malformedCounts[file] += count
    }

    private mutating func note(_ rest: [Digest: PlacedHead], _ file: Int, others: [Digest: PlacedHead]) {
        for (hash, placed) in rest where others[hash] == nil {
            diff.rests[file].behind += 1
            diff.rests[file].note(placed.known.treeSize)
        }
    }

    /// Compares heads that one copy alone has with the other copy's.
    private mutating func clash(_ heads: [PlacedHead], _ file: Int, with others: [PlacedHead]) throws {
        guard !heads.isEmpty else { return }
        var index = RivalIndex()
        try addBeginning(of: 1 - file, to: &index, rivalsOf: heads)
        for other in others { index.add(other) }
        for head in heads {
            for other in index.relatives(of: head.known) {
                guard
                    let contradiction = Contradiction.between(
                        other.known, head.known, isQuorum: verifier.isQuorum)
                else { continue }
                guard diff.clashes.count < ChainDiff.clashesKept else {
                    diff.clashesCut = true
                    return
                }
                let pair = file == 1 ? [other, head] : [head, other]
                diff.clashes.append(
                    .init(
                        contradiction: contradiction, known: pair.map(\.known), lines: pair.map(\.line),
                        others: pair.map(\.others)))
            }
        }
    }

    /// The heads before the place where the copies part were not kept: those that may contradict are read again.
    private func addBeginning(of file: Int, to index: inout RivalIndex, rivalsOf heads: [PlacedHead]) throws {
        guard let last = diff.lastCommon else { return }
        let sizes = Set(heads.map(\.known.treeSize))
        let parents = Set(heads.map(\.known.predecessor))
        var stream = try HeadStream(path: files[file])
        // The same head again, with other signatures, stands right behind it, also behind the last in common.
        var waiting: PlacedHead?
        while let entry = try stream.next(), entry.line <= last.lines[file] || hash(entry.head) == last.hash {
            guard sizes.contains(entry.head.treeSize) || parents.contains(entry.head.predecessor),
                let known = ChainVerifier.Known(verifier.verify(entry.head))
            else { continue }
            let this = PlacedHead(known: known, line: entry.line)
            if let before = waiting, before.known.hash == known.hash {
                waiting = before.joined(with: this)
            } else {
                if let waiting { index.add(waiting) }
                waiting = this
            }
        }
        if let waiting { index.add(waiting) }
    }

    private static func exclusive(
        _ rest: [Digest: PlacedHead], _ others: [Digest: PlacedHead]
    ) -> [PlacedHead] {
        inOrder(rest).filter { others[$0.known.hash] == nil }
    }

    private static func inOrder(_ rest: [Digest: PlacedHead]) -> [PlacedHead] {
        rest.values.sorted { $0.line < $1.line }
    }
}
