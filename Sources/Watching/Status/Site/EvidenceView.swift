import Pages
import TransparencyLog

/// Evidence for people: both heads side by side, with what differs marked, and how to check it.
struct EvidenceView {
    let log: WatchedLog
    let hash: Digest
    let evidence: Evidence

    init(_ log: WatchedLog, _ stored: StoredEvidence) throws(Evidence.Malformed) {
        self.log = log
        hash = stored.hash
        evidence = try Evidence(json: stored.bytes)
    }

    /// A page of its own.
    func html() -> String {
        SitePage(
            title: "Evidence: \(evidence.kind.rawValue)", root: "../",
            place: "\(Printable.text(log.name, limit: 60)), \(hash.hex.prefix(16))"
        ).html { write(in: &$0, root: "../", brief: false) }
    }

    /// - Parameter brief: as a part of the log's page, which says the rest.
    func write(in page: inout HTMLText, root: String, brief: Bool) {
        let verdict = EvidenceChecker(trust: log.verifier.trust).check(evidence)
        page.verdict(verdict.cell, verdict.summary)
        if !brief {
            page.facts([
                ("Log", .link(Printable.text(log.name, limit: 100), to: "\(root)log/\(log.slug)")),
                ("Log id", .code(evidence.log.logID)), ("Kind", .text(evidence.kind.rawValue)),
                ("Made", .text("\(UTCTime.text(evidence.created)) by \(Printable.text(evidence.tool, limit: 60))")),
                ("Leaves in the file", .number(evidence.leaves?.count ?? 0)), ("SHA-256", .code(hash.hex)),
            ])
        }
        heads(in: &page)
        page.element("p") { page in
            page.element("a", ["href": "\(root)evidence/\(hash.hex).json", "download": fileName], "Download the file")
            page.write(brief ? ", or " : ", and check it offline with the keys that you pinned yourself:")
            if brief { page.element("a", ["href": "\(root)evidence/\(hash.hex)"], "read all that is in it") }
            if brief { page.write(". Check it offline with the keys that you pinned yourself:") }
        }
        page.element("pre", "nexo-audit evidence \(fileName) --trust \(Printable.text(log.name, limit: 60)).json")
    }

    /// As the watcher names it in its folder.
    private var fileName: String { "\(hash.hex.prefix(16)).json" }

    /// One row a member, in the order of the first head; the second head's own members follow.
    private func heads(in page: inout HTMLText) {
        let exhibits = evidence.heads
        guard let first = exhibits.first else { return }
        let second = exhibits.count > 1 ? exhibits[1] : nil
        var rows: [[PageCell]] = []
        func add(_ name: String, _ left: String?, _ right: String?, mark: Bool = true) {
            // By their bytes: as `String`s, what differs in normalisation alone would be the same.
            let differs = second != nil && left.map { JSONText($0) } != right.map { JSONText($0) }
            func cell(_ text: String?) -> PageCell {
                PageCell(
                    text: text.map { Printable.text($0, limit: 400) } ?? "(not there)",
                    tone: differs && mark ? .bad : .plain, isCode: true)
            }
            let note: PageCell = differs ? .text("differs", mark ? .bad : .muted) : .text("same", .muted)
            rows.append(
                second == nil ? [.text(name), cell(left)] : [.text(name), cell(left), cell(right), note])
        }
        for name in Self.names(exhibits) {
            add(
                Printable.text(name.description, limit: 60), Self.member(name, first),
                second.flatMap { Self.member(name, $0) })
        }
        let (left, right) = (judged(first), second.flatMap(judged))
        add("head hash", left?.hash?.base64, right?.hash?.base64)
        add("signed by", left.map(Self.signers), right.map(Self.signers), mark: false)
        add("seen at", Self.places(first), second.map(Self.places), mark: false)
        let headings = second == nil ? ["Member", "The head"] : ["Member", "One head", "The other head", "Compared"]
        page.newline()
        page.table(PageTable(headings: headings, rows: rows), style: second == nil ? nil : "fork")
    }

    private static func names(_ exhibits: [Evidence.Exhibit]) -> [JSONText] {
        var seen: Set<JSONText> = [JSONText("signatures")]
        return exhibits.flatMap { $0.head.members ?? [] }.map(\.name).filter { seen.insert($0).inserted }
    }

    private static func member(_ name: JSONText, _ exhibit: Evidence.Exhibit) -> String? {
        exhibit.head.members?.first { $0.name == name }?.value.serialized()
    }

    private func judged(_ exhibit: Evidence.Exhibit) -> JudgedHead? {
        (try? SignedTreeHead(exhibit.head)).map(log.verifier.verify)
    }

    private static func signers(_ head: JudgedHead) -> String {
        head.signers.isEmpty ? "nobody that is pinned" : head.signers.sorted().joined(separator: ", ")
    }

    private static func places(_ exhibit: Evidence.Exhibit) -> String {
        exhibit.observed.prefix(8).map { "\($0.from), \(UTCTime.text($0.at))" }.joined(separator: "; ")
    }
}

extension EvidenceChecker.Verdict {
    fileprivate var cell: PageCell {
        switch self {
        case .proved: .text("proved", .bad)
        case .agree: .text("the heads agree", .good)
        case .notBelieved: .text("not proved by signatures alone", .warn)
        }
    }

    fileprivate var summary: String {
        switch self {
        case .proved(let kind, let equivocating):
            let who =
                equivocating.isEmpty
                ? "No cosigner signed both." : "\(equivocating.joined(separator: ", ")) signed both."
            return "\(kind.rawValue): both heads are signed by pinned keys, and cannot both be honest. \(who)"
        case .agree: return "Nothing in the file contradicts the pinned keys."
        case .notBelieved(let reason): return reason
        }
    }
}
