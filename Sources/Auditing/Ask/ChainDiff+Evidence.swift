import LogFiles
public import TransparencyLog

extension ChainDiff {
    /// A file of evidence that is to be written.
    public struct EvidenceFile: Sendable {
        /// From what the evidence is about, so that the same contradiction always has the same name.
        public let name: String
        public let bytes: [UInt8]
    }

    /// The contradictions as evidence, with the heads as the files have them, which are read again for it.
    ///
    /// - Parameters:
    ///   - at: seconds since 1970, for the file's testimony.
    ///   - tool: likewise.
    /// - Throws: `LogFileError`; `AskFailure` where a file was changed meanwhile.
    public func evidence(trust: TrustFile, at: UInt64, tool: String) throws -> [EvidenceFile] {
        let heads = try files.indices.map { file in try read(file, lines: Set(clashes.map { $0.lines[file] })) }
        return try clashes.map { clash in
            let exhibits = try files.indices.map { file in
                guard let head = heads[file][clash.lines[file]],
                    try head.hash(trust.canonical) == clash.known[file].hash
                else { throw AskFailure("\(files[file]): was changed while it was read; compare again") }
                return Evidence.Exhibit(head: head.value, observed: [.init(from: files[file], at: at)])
            }
            let kind: Evidence.Kind =
                switch clash.contradiction {
                case .sameSizeDifferentRoot: .sameSizeDifferentRoot
                case .branch: .branch
                }
            let evidence = Evidence(
                kind: kind, log: trust, heads: exhibits, equivocating: clash.signedBoth, created: at, tool: tool)
            let names = clash.known.map { $0.hash.hex.prefix(8) }.joined(separator: "-")
            return EvidenceFile(name: "\(kind.rawValue)-\(names).json", bytes: evidence.json.bytes() + [0x0A])
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
