import LogFiles
import TransparencyLog

extension Audit {
    /// Judges a range of lines, as a run over the whole file would that has come so far.
    ///
    /// What stands in the range depends on what stands before it: so the last lines before it are read too, and judged in
    /// silence. Whether they were enough is seen when segments are joined, by the digests at their edges.
    /// - Parameters:
    ///   - inputs: files, without a range of their own.
    ///   - context: lines before the range that are read; twice the window by default, since a line may repeat a head.
    ///   - before: a segment that ends here or earlier; the registrations that it read are not hashed again.
    public static func segment(
        _ inputs: Inputs, range: SegmentRange, context: Int? = nil, after before: Segment? = nil
    ) async throws -> Segment {
        guard case .file(let path) = inputs.heads, path != "-", inputs.leaves != .file("-") else {
            throw SegmentFailure("a segment is a part of files; give files")
        }
        var audit = try Audit(inputs)
        let lines = try SegmentLines(path, range: range, context: context ?? 2 * inputs.window)
        let largest = await audit.observe(lines.context)
        if let place = before?.end.leaves, place.frontier.end <= largest, case .file(let path)? = inputs.leaves {
            audit.leaves = try LeafCursor(path, at: place)
        }
        _ = try audit.leaves?.advance(to: largest)
        let begin = audit.edge(lines)

        audit.beginPart()
        try await audit.judge(lines.next)
        let (end, body, evidence) = (audit.edge(lines), audit.report, audit.recorder.evidence)
        var ending: AuditReport?
        if lines.isAtEnd {
            audit.beginPart()
            try audit.finish()
            ending = audit.report
        }
        audit.beginPart()
        try audit.checkDeferred()
        return Segment(
            common: .init(
                trust: inputs.trust, heads: inputs.heads.name, leaves: body.coverage.leaves, now: inputs.now,
                window: inputs.window, tool: "nexo-audit/\(ToolVersion.current)"), begin: begin, end: end, body: body,
            deferred: audit.report, deferredHeads: audit.deferred.count + body.coverage.rootsPassed, ending: ending,
            evidence: evidence)
    }

    /// Takes in heads that another segment reports on.
    ///
    /// - Returns: the largest size among them.
    private mutating func observe(_ entries: [HeadEntry]) async -> UInt64 {
        var largest: UInt64 = 0
        var rest = entries[...]
        let judge = HeadJudge(verifier: verifier, jobs: inputs.jobs)
        await judge.judge(
            next: { count in
                defer { rest = rest.dropFirst(count) }
                return Array(rest.prefix(count))
            },
            check: { part in
                for entry in part {
                    switch entry {
                    case .judged(let judged, let line):
                        _ = chain.judge(judged, line: line.number, byteOffset: line.byteOffset)
                        recorder.note(judged, line: line.bytes)
                        largest = max(largest, judged.head.treeSize)
                    case .malformed: chain.skipUnreadable()
                    case .thinned, .unread: preconditionFailure("files have none of these")
                    }
                }
            })
        return largest
    }

    private func edge(_ lines: SegmentLines) -> SegmentEdge {
        SegmentEdge(
            lines: lines.position.lines, bytes: lines.position.bytes, chain: chain.state, kept: recorder.state,
            leaves: leaves?.place)
    }

    /// What is found from here on is a part by itself.
    private mutating func beginPart() {
        let coverage = report.coverage.leaves
        report = AuditReport(inputs.trust)
        report.coverage.leaves = coverage
        recorder.forgetEvidence()
    }
}
