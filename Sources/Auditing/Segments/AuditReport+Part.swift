import TransparencyLog

/// Reports of parts of a chain: as JSON that loses nothing, and added up.
extension AuditReport {
    var part: JSONValue {
        func optional(_ value: UInt64?) -> JSONValue { value.map { .integer($0) } ?? .null }
        return .object([
            JSONMember("heads", .integer(headsChecked)), JSONMember("signatures", .integer(signaturesChecked)),
            JSONMember("roots", .integer(rootsChecked)),
            JSONMember("first_tree_size", optional(coverage.firstSize)),
            JSONMember("last_tree_size", optional(coverage.lastSize)),
            JSONMember("first_timestamp", optional(coverage.firstTimestamp)),
            JSONMember("last_timestamp", optional(coverage.lastTimestamp)),
            JSONMember("leaves_read", .integer(coverage.leavesRead)),
            JSONMember("ids_of_24_bytes", .integer(coverage.idsThatCanPoseAsNodes)),
            JSONMember("roots_behind_malformed_leaf", .integer(coverage.rootsBehindMalformedLeaf)),
            JSONMember("roots_passed", .integer(coverage.rootsPassed)),
            JSONMember(
                "counts",
                .object(
                    Rule.allCases.compactMap { rule in counts[rule].map { JSONMember(rule.rawValue, .integer($0)) } })),
            JSONMember(
                "severities", .array(severities.map(\.rawValue).sorted().map { .string($0) })),
            JSONMember("findings", .array(findings.map(\.json))),
        ])
    }

    /// - Parameter log: a report without findings about the same log.
    init(_ fields: SegmentFields, of log: AuditReport) throws(SegmentFailure) {
        self = log
        coverage.headsChecked = try fields.count("heads")
        signaturesChecked = try fields.count("signatures")
        rootsChecked = try fields.count("roots")
        coverage.firstSize = try fields.optional("first_tree_size")
        coverage.lastSize = try fields.optional("last_tree_size")
        coverage.firstTimestamp = try fields.optional("first_timestamp")
        coverage.lastTimestamp = try fields.optional("last_timestamp")
        coverage.leavesRead = try fields.integer("leaves_read")
        coverage.idsThatCanPoseAsNodes = try fields.integer("ids_of_24_bytes")
        coverage.rootsBehindMalformedLeaf = try fields.count("roots_behind_malformed_leaf")
        coverage.rootsPassed = try fields.count("roots_passed")
        for member in try fields.object("counts").value.members ?? [] {
            guard let rule = Rule(rawValue: member.name.description), let count = member.value.plainInteger else {
                throw fields.wrong("counts", "numbers of findings by rule")
            }
            counts[rule] = Int(count)
        }
        for entry in try fields.elements("severities") {
            guard let severity = (entry.text?.description).flatMap(Severity.init) else {
                throw fields.wrong("severities", "severities of findings")
            }
            severities.insert(severity)
        }
        findings = try fields.elements("findings").map { value throws(SegmentFailure) in
            try Finding(SegmentFields(value: value, place: "\(fields.place).findings"))
        }
        let kept = Dictionary(grouping: findings, by: \.rule).mapValues(\.count)
        guard Rule.allCases.allSatisfy({ kept[$0, default: 0] == min(counts[$0, default: 0], Self.keptPerRule) })
        else { throw fields.wrong("findings", "as many of each rule as were counted, up to \(Self.keptPerRule)") }
    }

    /// Adds what the part that follows found.
    mutating func add(_ part: AuditReport) {
        for finding in part.findings { add(finding) }
        addUnkept(part)
        signaturesChecked += part.signaturesChecked
        rootsChecked += part.rootsChecked
        coverage.add(part.coverage)
    }

    /// Counts the findings that the part did not keep: this report, which keeps no more of a rule, would not either.
    mutating func addUnkept(_ part: AuditReport) {
        for (rule, count) in part.counts where count > Self.keptPerRule {
            counts[rule, default: 0] += count - Self.keptPerRule
        }
        severities.formUnion(part.severities)
    }
}

extension AuditReport.Coverage {
    fileprivate mutating func add(_ part: Self) {
        func join(_ left: UInt64?, _ right: UInt64?, _ choose: (UInt64, UInt64) -> UInt64) -> UInt64? {
            guard let left, let right else { return left ?? right }
            return choose(left, right)
        }
        firstSize = join(firstSize, part.firstSize, min)
        lastSize = join(lastSize, part.lastSize, max)
        firstTimestamp = join(firstTimestamp, part.firstTimestamp, min)
        lastTimestamp = join(lastTimestamp, part.lastTimestamp, max)
        headsChecked += part.headsChecked
        leavesRead += part.leavesRead
        idsThatCanPoseAsNodes += part.idsThatCanPoseAsNodes
        rootsBehindMalformedLeaf += part.rootsBehindMalformedLeaf
        rootsPassed += part.rootsPassed
    }
}

extension Finding {
    init(_ fields: SegmentFields) throws(SegmentFailure) {
        guard let rule = Rule(rawValue: try fields.text("rule")),
            let severity = Severity(rawValue: try fields.text("severity"))
        else { throw fields.wrong("rule", "a rule, with a severity") }
        self.init(
            rule, severity: severity, treeSize: try fields.optional("tree_size"),
            expected: try fields.text("expected"), found: try fields.text("found"))
        line = try fields.optional("line").map { Int($0) }
        byteOffset = try fields.optional("byte_offset")
        if fields.value["evidence_sha256"] != .null {
            guard let hash = Digest(hex: try fields.text("evidence_sha256")) else {
                throw fields.wrong("evidence_sha256", "a hash in hex")
            }
            evidence = hash
        }
    }
}
