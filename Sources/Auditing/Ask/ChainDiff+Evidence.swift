import LogFiles
public import TransparencyLog

extension ChainDiff {
    /// The contradictions as evidence, with the heads as the files have them, which are read again for it.
    ///
    /// The time of making is the newer head's, so that the same files give the same bytes.
    ///
    /// - Parameter tool: for the file's testimony.
    /// - Throws: `LogFileError`; `AskFailure` where a file was changed meanwhile.
    public func evidence(trust: TrustFile, tool: String) throws -> [Evidence] {
        let verifier = HeadVerifier(trust: trust)
        let heads = try files.indices.map { file in
            try read(file, lines: Set(clashes.flatMap { [$0.lines[file]] + $0.others[file] }))
        }
        return try clashes.map { clash in
            let at = clash.known.map(\.timestamp).max() ?? 0
            let exhibits = try files.indices.map { file in
                let versions = try ([clash.lines[file]] + clash.others[file]).map { line -> SignedTreeHead in
                    guard let head = heads[file][line], try head.hash(trust.canonical) == clash.known[file].hash
                    else { throw AskFailure("\(files[file]): was changed while it was read; compare again") }
                    return head
                }
                let head = versions.dropFirst().reduce(versions[0], verifier.joined)
                let from = InputFile.baseName(files[file])
                return Evidence.Exhibit(head: head.value, observed: [.init(from: from, at: at)])
            }
            return Evidence(
                kind: Evidence.Kind(clash.contradiction), log: trust, heads: exhibits, equivocating: clash.signedBoth,
                created: at, tool: tool)
        }
    }

    private func read(_ file: Int, lines: Set<Int>) throws -> [Int: SignedTreeHead] {
        var heads: [Int: SignedTreeHead] = [:]
        var stream = try HeadStream(path: files[file])
        while heads.count < lines.count, let entry = try stream.next() {
            if lines.contains(entry.line) { heads[entry.line] = entry.head }
        }
        return heads
    }
}
