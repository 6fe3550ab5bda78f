/// Why a question has no answer: what, where, and what to do.
public struct AskFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
