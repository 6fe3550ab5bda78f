import Pages
import TransparencyLog

/// One log: how it stands, its course, what was found, and the newest fork.
struct LogPage {
    let status: LogStatus
    let samples: [HeadSample]
    let range: ChartRange
    let activity: CosignerActivity
    let alerts: [StoredAlert]
    let findings: [FindingItem]
    /// Whether older findings may follow.
    let hasMore: Bool
    /// Whether this page of findings is not the first.
    let isLater: Bool
    let fork: EvidenceView?

    private var log: WatchedLog { status.log }
    private var address: String { "../log/\(log.slug)" }

    func html() -> String {
        SitePage(
            title: Printable.text(log.name, limit: 100), root: "../", place: Printable.text(log.name, limit: 60)
        ).html { page in
            page.verdict(.text(status.health.rawValue, status.health.tone), "\(status.reason).")
            facts(in: &page)
            charts(in: &page)
            AlertTable.write(alerts, "Open alerts", in: &page)
            if let fork {
                SitePage.section("Newest evidence: \(fork.evidence.kind.rawValue)", in: &page)
                fork.write(in: &page, root: "../", brief: true)
            }
            findingTable(in: &page)
            cosigners(in: &page)
        }
    }

    private func facts(in page: inout HTMLText) {
        let position = status.position
        let policy = log.verifier.trust.policy
        func time(_ seconds: UInt64?, _ none: String) -> PageCell {
            seconds.map { .text("\(UTCTime.text($0)) (\(UTCTime.span(status.now - min(status.now, $0))) ago)") }
                ?? .text(none, .muted)
        }
        var facts: [(String, PageCell)] = [
            ("Verified size", status.hasHead ? .number(position.verifiedSize) : .text("none yet", .muted)),
            ("Largest size seen", .number(position.seenSize)),
            ("Verified heads", .number(position.verifiedCount)),
            ("Registrations read", .number(position.leafCount)),
            ("Newest head signed", time(status.hasHead ? position.verifiedTimestamp : nil, "never")),
            ("Limit of its age", .text(log.maxHeadAge.map { UTCTime.span(UInt64($0)) } ?? "none set")),
            ("Assurance", .text(status.position.assurance.rawValue)),
            ("Quorum", .text("\(policy.t) of \(policy.n) cosigners")), ("Newest head signed by", status.quorumCell),
            ("Last polled with success", time(status.poll?.successAt, "never")),
            ("Last failure", time(status.poll?.failureAt, "none")),
            ("URL", .text(log.publicURL)), ("Log id", .code(log.logID)),
        ]
        if let hash = position.verifiedHash { facts.append(("Head hash", .code(hash.base64))) }
        if let root = status.stored?.root { facts.append(("Root", .code(root.base64))) }
        if let frozen = log.frozen { facts.append(("Frozen at size", .number(frozen.treeSize))) }
        page.newline()
        page.facts(facts)
    }

    private func charts(in page: inout HTMLText) {
        SitePage.section("Course", in: &page)
        page.element("nav", ["class": "pager"]) { page in
            page.write("Over:")
            for other in ChartRange.allCases {
                if other == range {
                    page.element("strong", other.title)
                } else {
                    page.element("a", ["href": "\(address)?range=\(other.rawValue)"], other.title)
                }
            }
        }
        LogCharts(samples: samples, activity: activity, maxHeadAge: log.maxHeadAge).write(in: &page)
    }

    private func findingTable(in page: inout HTMLText) {
        SitePage.section("Findings", in: &page)
        guard !findings.isEmpty else { return page.element("p", isLater ? "No older ones." : "None.") }
        let rows = findings.map { item -> [PageCell] in
            let finding = item.stored.finding
            let evidence = item.stored.evidence.map {
                PageCell(text: String($0.hex.prefix(16)), isCode: true, link: "../evidence/\($0.hex)")
            }
            return [
                .text(UTCTime.text(item.stored.at)), .text(finding.severity.rawValue, finding.severity.tone),
                .code(finding.rule.rawValue),
                finding.treeSize.map { .number($0) } ?? PageCell(text: "–", tone: .muted, isNumber: true),
                .text(Printable.text(finding.expected, limit: 200)), .text(Printable.text(finding.found, limit: 200)),
                evidence ?? .text("–", .muted),
            ]
        }
        page.table(
            PageTable(
                headings: ["Found", "Severity", "Rule", "Size", "Expected", "Seen", "Evidence"], rows: rows))
        page.element("nav", ["class": "pager"]) { page in
            if isLater { page.element("a", ["href": address], "Newest findings") }
            if hasMore, let last = findings.last {
                page.element("a", ["href": "\(address)?before=\(last.id)"], "Older findings")
            }
        }
    }

    private func cosigners(in page: inout HTMLText) {
        SitePage.section("Cosigners", in: &page)
        let trust = log.verifier.trust
        let rows = activity.rows.map { row -> [PageCell] in
            let keys = trust.cosigners.filter { $0.id == row.id }
            return [
                .text(Printable.text(row.id, limit: 60)),
                PageCell(text: "\(row.signed) of \(activity.heads)", isNumber: true),
                row.last.map { .text(UTCTime.text($0)) } ?? .text("not among them", .warn),
                .code(keys.last.map { Base64.encode($0.publicKey) } ?? ""), .number(keys.count),
            ]
        }
        page.table(
            PageTable(headings: ["Cosigner", "Signed", "Last signed", "Newest pinned key", "Keys pinned"], rows: rows))
    }
}

extension Severity {
    var tone: Tone {
        switch self {
        case .violation: .bad
        case .warning, .unchecked: .warn
        }
    }
}
