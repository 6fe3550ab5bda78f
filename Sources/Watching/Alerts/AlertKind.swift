public import TransparencyLog

/// Everything that people can be told of, as a closed list: the rules that a log can break, and troubles of the watch
/// itself. The raw value is stable: alerts, metrics and receivers use it.
public enum AlertKind: Hashable, Sendable, CaseIterable, RawRepresentable {
    case rule(Rule)
    case trouble(Trouble)
    /// Sent by `nexo-watch test-alert`.
    case test

    /// What keeps the watcher from seeing or telling. It is over by itself when what failed works again.
    public enum Trouble: String, CaseIterable, Sendable {
        case pollsFailing = "polls-failing"
        case noHeads = "no-heads"
        case backlogStuck = "backlog-stuck"
        case evidenceUnwritable = "evidence-unwritable"
        case sinkFailing = "sink-failing"
    }

    public static var allCases: [AlertKind] { Rule.allCases.map(rule) + Trouble.allCases.map(trouble) + [.test] }

    public init?(rawValue: String) {
        if let rule = Rule(rawValue: rawValue) {
            self = .rule(rule)
        } else if let trouble = Trouble(rawValue: rawValue) {
            self = .trouble(trouble)
        } else if rawValue == "test" {
            self = .test
        } else {
            return nil
        }
    }

    public var rawValue: String {
        switch self {
        case .rule(let rule): rule.rawValue
        case .trouble(let trouble): trouble.rawValue
        case .test: "test"
        }
    }

    public var severity: Severity {
        switch self {
        case .rule(let rule): rule.severity
        case .trouble(.pollsFailing), .trouble(.noHeads), .trouble(.backlogStuck): .unchecked
        case .trouble, .test: .warning
        }
    }

    /// One line for people who meet the kind in an alert.
    public var documentation: String {
        switch self {
        case .rule(let rule): rule.documentation
        case .trouble(.pollsFailing): "Several polls of a log in a row failed: what the log does now is not seen."
        case .trouble(.noHeads):
            "A log never showed a head, over several polls: its address may be wrong, or it hides all from us."
        case .trouble(.backlogStuck): "Heads wait for their leaves, and over several polls none of them was verified."
        case .trouble(.evidenceUnwritable): "Files of evidence cannot be written; the evidence is in the store alone."
        case .trouble(.sinkFailing): "A sink takes no messages, so that whoever it reaches is told nothing."
        case .test: "A test by `nexo-watch test-alert`: nothing is wrong."
        }
    }

    /// Whether an alert is over as soon as what it tells of is. All else is a fact, which stays until somebody
    /// acknowledges it.
    public var resolvesItself: Bool {
        switch self {
        case .rule(let rule): rule == .headStale || rule == .leavesMissing
        case .trouble, .test: true
        }
    }

    /// The rules that latch `nexo_watch_fork_detected`.
    static let forks: [AlertKind] = Rule.allCases.filter(\.isFork).map(rule)
}

extension AlertKind {
    /// The table of docs/ALERTS.md; a test holds the file to it.
    public static var table: String {
        var table = "| Kind | Severity | Ends | What it says |\n| --- | --- | --- | --- |\n"
        for kind in allCases {
            let end = kind == .test ? "at once" : kind.resolvesItself ? "by itself" : "when acknowledged"
            table += "| `\(kind.rawValue)` | \(kind.severity.rawValue) | \(end) | \(kind.documentation) |\n"
        }
        return table
    }
}
