import TransparencyLog

extension FuzzTarget {
    /// The short way through a usual registration, against the strict reader.
    static let leaf = FuzzTarget("leaf") { bytes in
        let usual = bytes.withUnsafeBufferPointer(UsualLeaf.init)
        let value = try? JSONReader.parse(bytes)
        let strict = value.flatMap { try? Registration($0) }
        if let strict {
            let written = JSONValue.object([
                JSONMember("id", .string(strict.id)),
                JSONMember("public_key", .string(Base64.encode(strict.publicKey))),
                JSONMember("timestamp", .integer(strict.timestamp)),
            ])
            try promise(try Registration(written) == strict, "another registration when read again")
        }
        guard let usual else { return }
        guard let value, let strict else { throw BrokenPromise("the short way takes what the strict reader refuses") }
        try promise(usual.hash == strict.leafHash && usual.canPoseAsNode == strict.canPoseAsNode, "another leaf")
        try promise(usual.claimed == value["leaf_hash"]?.text.flatMap { Digest(base64: $0) }, "another leaf_hash")
        try promise(Array(bytes[usual.id]) == strict.id.utf8, "another id")
    }

    /// The short way through a usual head, against the strict reader.
    static let head = FuzzTarget("head") { bytes in
        let short = try? SignedTreeHead(json: bytes, maximumBytes: 1 << 16)
        let value = try? JSONReader.parse(bytes, maximumBytes: 1 << 16)
        let strict = value.flatMap { try? SignedTreeHead($0) }
        guard let short, let strict else {
            return try promise(short == nil && strict == nil, "one way takes it, the other does not")
        }
        try promise(short == strict && short.hashValue == strict.hashValue && short.value == value, "another head")
        try promise(short.treeSize == strict.treeSize && short.timestamp == strict.timestamp, "other numbers")
        try promise(short.root == strict.root && short.predecessor == strict.predecessor, "another root or predecessor")
        try promise(short.policy == strict.policy && short.signatures == strict.signatures, "other signatures")
        try promise(short.unknownMembers == strict.unknownMembers, "other unknown members")
        for dialect in CanonicalJSON.allCases {
            let (left, right) = (try? short.canonicalBytes(dialect), try? strict.canonicalBytes(dialect))
            try promise(left == right, "another canonical form")
            guard let left else { continue }
            try promise((try? JSONReader.parse(left)) != nil, "a canonical form that is no JSON")
        }
        let judged = KnownLog.verifier.verify([short, strict])
        try promise(
            judged[0].signers == judged[1].signers && judged[0].findings == judged[1].findings, "other verdicts")
        try promise(judged[0] == KnownLog.verifier.verify(short), "another verdict than by itself")
    }

    static let trust = FuzzTarget("trust") { bytes in
        guard let trust = try? TrustFile(json: bytes) else { return }
        try promise(try TrustFile(trust.json) == trust, "another trust file when read again")
        try promise(try TrustFile(json: trust.json.bytes()).logID == trust.logID, "another log_id when read again")
        // In another order it is about the same log.
        let reversed = try TrustFile(
            name: trust.name, canonical: trust.canonical, policy: trust.policy, cosigners: trust.cosigners.reversed())
        try promise(reversed.logID == trust.logID, "the log_id depends on the order of the file")
        let edges: [UInt64] = trust.cosigners.map(\.fromTreeSize) + trust.cosigners.compactMap(\.untilTreeSize)
        for size in edges {
            let ids = trust.keys(at: size).map(\.id)
            try promise(Set(ids).count <= Int(clamping: trust.policy.n), "more signers than the policy has")
        }
    }

    /// Files of evidence, checked under the trust file that they bring and under one of ours.
    static let evidence = FuzzTarget("evidence") { bytes in
        guard let evidence = try? Evidence(json: bytes) else { return }
        let again = try Evidence(json: evidence.fileBytes)
        try promise(again == evidence, "another file when read again")
        for trust in [evidence.log, KnownLog.trust] {
            let checker = EvidenceChecker(trust: trust)
            let verdict = checker.check(evidence)
            try promise(checker.check(again) == verdict, "another verdict when read again")
            guard case .proved(_, let signers) = verdict else { continue }
            try promise(
                signers.allSatisfy { id in trust.cosigners.contains { $0.id == id } }, "a cosigner who is not pinned")
            // Whoever wrote the file changes nothing by its testimony.
            let bare = Evidence(
                kind: evidence.kind, log: evidence.log,
                heads: evidence.heads.map { .init(head: $0.head, observed: []) },
                leaves: evidence.leaves, prefix: evidence.prefix, equivocating: [], created: 0, tool: "")
            try promise(checker.check(bare) == verdict, "the verdict rests on testimony")
        }
    }

    /// Signed notes, checkpoints, keys and quorums of watchers.
    static let notes = FuzzTarget("notes") { bytes in
        if let note = try? SignedNote(bytes) {
            try promise(Array(note.description.utf8) == bytes, "another note when written again")
            if let checkpoint = try? Checkpoint(text: note.text) {
                try promise(checkpoint.text == note.text, "another checkpoint when written again")
            }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        if let key = try? CosignerKey(vkey: text) {
            try promise(key.description == text, "another key when written again")
            var quorum = WatchQuorum(
                logID: "x", treeSize: 1, root: .zero, watchers: [key, KnownLog.watcher], threshold: 1)
            try? quorum.add(bytes)
        }
        if let key = try? CosignerSigningKey(secretText: text) {
            try promise(key.secretText == text, "another private key when written again")
        }
        var quorum = WatchQuorum(
            logID: KnownLog.trust.logID, treeSize: 3, root: .zero, watchers: [KnownLog.watcher], threshold: 1)
        try? quorum.add(bytes)
        if case .reached = quorum.verdict {
            let isSigned = try SignedNote(bytes).signatures.contains { $0.name == KnownLog.watcher.name }
            try promise(isSigned, "a quorum of nobody")
        }
    }
}
