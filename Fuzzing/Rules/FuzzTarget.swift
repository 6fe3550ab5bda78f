/// Something that is given bytes which nobody chose. It may refuse them, but it may not trap, hang, or break a promise.
public struct FuzzTarget: Sendable {
    public let name: String
    /// - Throws: `BrokenPromise`.
    public let run: @Sendable ([UInt8]) throws -> Void

    public init(_ name: String, _ run: @escaping @Sendable ([UInt8]) throws -> Void) {
        self.name = name
        self.run = run
    }
}

/// What a target found.
public struct BrokenPromise: Error, CustomStringConvertible, Sendable {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// Holds a target to one of its promises.
public func promise(
    _ isKept: Bool, _ what: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) throws {
    if !isKept { throw BrokenPromise("\(file):\(line): \(what())") }
}
