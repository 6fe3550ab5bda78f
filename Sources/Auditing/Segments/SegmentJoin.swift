import TransparencyLog

/// Joins the segments of one chain to the report of one audit of the whole.
///
/// No rule is applied here. Each segment was judged from the state in which the one before it ended, which their edges
/// prove; so their findings, one after the other, are those of one run.
public enum SegmentJoin {
    public static func report(of segments: [Segment]) throws(SegmentFailure) -> AuditReport {
        let segments = segments.sorted { ($0.begin.lines, $0.end.lines) < ($1.begin.lines, $1.end.lines) }
        try check(segments)
        guard let last = segments.last else { throw SegmentFailure("no segments; give at least one") }
        let deferredHeads = segments.reduce(0) { $0 + $1.deferredHeads }
        guard deferredHeads <= Audit.deferredHeads else {
            throw SegmentFailure(
                "\(deferredHeads) heads are smaller than one before them; audit such a chain in one run")
        }

        let trust = last.common.trust
        var report = AuditReport(trust)
        report.coverage.leaves = last.common.leaves
        if let standing = HeadVerifier(trust: trust).standingFinding { report.add(standing) }
        for segment in segments { report.add(try body(of: segment, behind: &report.evidence)) }
        if let ending = last.ending { report.add(ending) }
        addDeferred(segments.map(\.deferred), to: &report)
        return report
    }

    private static func check(_ segments: [Segment]) throws(SegmentFailure) {
        guard let first = segments.first, let last = segments.last else { return }
        guard first.begin.lines == 0 else {
            throw SegmentFailure("lines 1 to \(first.begin.lines) are in no segment; add the one that begins there")
        }
        for (left, right) in zip(segments, segments.dropFirst()) {
            let place = "line \(right.begin.lines + 1)"
            guard left.common == right.common else {
                throw SegmentFailure(
                    "the segments at line \(left.begin.lines + 1) and \(place) are of different trust files, inputs, "
                        + "--now, or versions of nexo-audit; write them alike")
            }
            guard left.end.lines >= right.begin.lines else {
                throw SegmentFailure(
                    "lines \(left.end.lines + 1) to \(right.begin.lines) are in no segment; add the one that has them")
            }
            guard left.end.lines == right.begin.lines else {
                throw SegmentFailure("\(place) is in two segments; their ranges must not overlap")
            }
            guard left.end.bytes == right.begin.bytes else {
                throw SegmentFailure("the segments that meet at \(place) are not of one file of heads")
            }
            guard left.end == right.begin else {
                throw SegmentFailure(
                    "the segment at \(place) depends on more lines before it than it read, or on files that changed; "
                        + "write it again with --context all")
            }
        }
        guard last.ending != nil else {
            throw SegmentFailure(
                "what follows line \(last.end.lines) is in no segment; the last range must reach the end of the file")
        }
    }

    /// A part with the evidence that one run would have kept: its first files, and no more.
    private static func body(
        of segment: Segment, behind evidence: inout [Evidence]
    ) throws(SegmentFailure) -> AuditReport {
        var body = segment.body
        var made = segment.evidence.makeIterator()
        for index in body.findings.indices {
            guard let hash = body.findings[index].evidence else { continue }
            guard let file = made.next(), Digest.sha256(file.fileBytes) == hash else {
                throw SegmentFailure(
                    "the segment at line \(segment.begin.lines + 1) lacks evidence that it names; write it again")
            }
            if evidence.count < EvidenceRecorder.most {
                evidence.append(file)
            } else {
                body.findings[index].evidence = nil
            }
        }
        return body
    }

    /// One run recomputes the roots that it passed in the order of sizes, after all else.
    private static func addDeferred(_ parts: [AuditReport], to report: inout AuditReport) {
        for finding in parts.flatMap(\.findings).sorted(by: { ($0.treeSize ?? 0) < ($1.treeSize ?? 0) }) {
            report.add(finding)
        }
        for var part in parts {
            part.findings = []
            report.add(part)
        }
    }
}
