/// One broken rule, at one place.
public struct Finding: Hashable, Sendable {
    public var rule: Rule
    public var severity: Severity
    /// The size of the head that it concerns.
    public var treeSize: UInt64?
    /// The line of the input, from 1, and the bytes before it; for files only.
    public var line: Int?
    public var byteOffset: UInt64?
    /// SHA-256 of the file of evidence that proves it, where there is one.
    public var evidence: Digest?
    public var expected: String
    public var found: String

    public init(
        _ rule: Rule, severity: Severity? = nil, treeSize: UInt64? = nil, expected: String, found: String
    ) {
        self.rule = rule
        self.severity = severity ?? rule.severity
        self.treeSize = treeSize
        self.expected = expected
        self.found = found
    }
}

extension Finding {
    /// What a watcher's store knows a finding by: the same fault has the same fingerprint, however often it is seen.
    ///
    /// - Parameter subject: what it is about, in bytes: a head's hash, or what could not be read.
    package static func fingerprint(_ rule: Rule, treeSize: UInt64?, subject: [UInt8]) -> Digest {
        .sha256(Array("\(rule.rawValue)\u{0}\(treeSize ?? 0)\u{0}".utf8) + subject)
    }

    /// What it quotes of others, who may write as much as a file has room for, cut to so many bytes of UTF-8.
    package func bounded(to bytes: Int = 2_000) -> Finding {
        func cut(_ text: String) -> String {
            text.utf8.count <= bytes ? text : String(decoding: text.utf8.prefix(bytes), as: UTF8.self) + "…"
        }
        var finding = self
        (finding.expected, finding.found) = (cut(expected), cut(found))
        return finding
    }

    /// One line for people: severity, rule, place, what was expected and found.
    public var text: String {
        var place = treeSize.map { " size \($0)" } ?? ""
        if let line { place += " line \(line)" }
        if let byteOffset { place += " byte \(byteOffset)" }
        return "\(severity.rawValue) \(rule.rawValue)\(place): expected \(expected); found \(found)"
    }

    public var json: JSONValue {
        .object([
            JSONMember("rule", .string(rule.rawValue)), JSONMember("severity", .string(severity.rawValue)),
            JSONMember("tree_size", treeSize.map { .integer($0) } ?? .null),
            JSONMember("line", line.map { .integer($0) } ?? .null),
            JSONMember("byte_offset", byteOffset.map { .integer($0) } ?? .null),
            JSONMember("expected", .string(expected)), JSONMember("found", .string(found)),
            JSONMember("evidence_sha256", evidence.map { .string($0.hex) } ?? .null),
        ])
    }
}
