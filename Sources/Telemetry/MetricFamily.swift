/// A family of series as it is declared, and as a document describes it.
public struct MetricFamily: Sendable {
    public let name: String
    public let kind: PrometheusRegistry.Kind
    /// The names of its labels.
    public let labels: [String]
    public let help: String

    public init(_ name: String, _ kind: PrometheusRegistry.Kind, labels: [String] = [], help: String) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.help = help
    }

    /// A row of a Markdown table.
    public var row: String {
        let labels = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
        return "| `\(name)\(labels)` | \(kind.word) | \(help) |"
    }
}

extension PrometheusRegistry {
    public func declare(_ family: MetricFamily) { declare(family.name, family.kind, help: family.help) }
}
