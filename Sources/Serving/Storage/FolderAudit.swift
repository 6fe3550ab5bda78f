import LogFiles
import TransparencyLog

/// The audit that a folder must pass before a server continues its chain: by the rules that every watcher goes by.
struct FolderAudit {
    private static let batch = 4_096
    /// Findings that are told; more say nothing new.
    private static let told = 5
    /// What is not ours to answer for in heads that others signed.
    private static let signatureRules: Set<Rule> = [
        .headUnsigned, .quorumNotMet, .signatureInvalid, .cosignerUnknown, .cosignerRepeated, .policyMismatch,
    ]

    let trust: ServerTrust
    let tree: MerkleTree
    let heads: IndexedLines
    let path: String
    let folder: String
    let jobs: Int

    /// - Parameter first: the first head that was not audited before.
    /// - Returns: the findings that are violations, the first few of them.
    func run(from first: Int) async throws -> [Finding] {
        let verifier = HeadVerifier(trust: trust.file)
        var chain = ChainVerifier(verifier: verifier)
        if first > 0, let head = try read(first - 1..<first).first { chain.remember(try known(head)) }
        var findings: [Finding] = []
        for start in stride(from: first, to: heads.count, by: Self.batch) {
            let range = start..<min(start + Self.batch, heads.count)
            for judged in await verifier.verify(try read(range), jobs: jobs) {
                let head = judged.head
                let verdict = chain.judge(judged)
                for finding in verdict.earlier + judged.findings + verdict.findings where isOurs(finding) {
                    findings.append(finding)
                }
                if head.treeSize > 0, let finding = TreeVerifier.check(head, in: tree) { findings.append(finding) }
                if findings.count >= Self.told { return findings }
            }
        }
        return findings + chain.finish().filter(isOurs)
    }

    private func isOurs(_ finding: Finding) -> Bool {
        finding.severity == .violation
            && (finding.treeSize ?? 0 >= trust.firstSize || !Self.signatureRules.contains(finding.rule))
    }

    private func read(_ range: Range<Int>) throws -> [SignedTreeHead] {
        try Self.heads(range, of: heads, path: path, folder: folder)
    }

    /// Reads heads, or says how to go on where one cannot be read.
    static func heads(
        _ range: Range<Int>, of lines: IndexedLines, path: String, folder: String
    ) throws -> [SignedTreeHead] {
        try zip(range, lines.lines(range)).map { index, line in
            do { return try SignedTreeHead(JSONReader.parse(line, maximumBytes: 1 << 20)) } catch {
                throw LogFileError(
                    path: path,
                    reason:
                        "line \(index + 1): \(error); restore the file from a copy. If a crash left the line, and only "
                        + "then, set it and what follows aside with "
                        + "`nexo-server repair --data \(folder) --heads-from \(index + 1)`: a head that somebody has seen, "
                        + "and that is signed otherwise later, is a fork")
            }
        }
    }

    private func known(_ head: SignedTreeHead) throws -> ChainVerifier.Known {
        ChainVerifier.Known(
            hash: try head.hash(trust.file.canonical), predecessor: head.predecessor, treeSize: head.treeSize,
            root: head.root, timestamp: head.timestamp, signers: [])
    }
}
