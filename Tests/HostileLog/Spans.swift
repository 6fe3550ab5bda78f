public import InMemoryTracing
public import Tracing

extension InMemoryTracer {
    /// The spans of a name that have ended.
    public func ended(_ name: String) -> [FinishedInMemorySpan] { finishedSpans.filter { $0.operationName == name } }

    /// Every word of every span that has ended: what a backend would be sent.
    public var words: String { finishedSpans.map(\.words).joined(separator: "\n") }
}

extension FinishedInMemorySpan {
    public subscript(key: String) -> SpanAttribute? { attributes.get(key) }

    public var isError: Bool { status?.code == .error }

    fileprivate var words: String {
        var words = ["\(operationName)", "\(kind)", status?.message ?? ""]
        func add(_ key: String, _ value: SpanAttribute) { words.append("\(key)=\(value)") }
        attributes.forEach(add)
        for event in events {
            words.append(event.name)
            event.attributes.forEach(add)
        }
        words += errors.map { "\($0.error)" }
        return words.joined(separator: " ")
    }
}
