extension SignedTreeHead {
    /// What a head is kept as.
    enum Form: Sendable {
        case value(JSONValue)
        case usual(UsualHead)
    }

    /// Reads a head from its JSON text, strictly. The usual form takes a short way to the same head.
    ///
    /// - Throws: `JSONError` for what is no JSON, `Malformed` for what is no head.
    public init(json text: [UInt8], maximumBytes: Int) throws {
        if text.count <= maximumBytes, let usual = UsualHead(text) {
            self.init(usual)
        } else {
            try self.init(JSONReader.parse(text, maximumBytes: maximumBytes))
        }
    }

    /// The whole JSON value, as it was served.
    public var value: JSONValue {
        switch form {
        case .value(let value): return value
        case .usual(let usual):
            guard let value = try? JSONReader.parse(usual.text) else {
                preconditionFailure("the usual form of a head is strict JSON")
            }
            return value
        }
    }

    public static func == (left: SignedTreeHead, right: SignedTreeHead) -> Bool {
        left.treeSize == right.treeSize && left.root == right.root && left.value == right.value
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(treeSize)
        hasher.combine(root)
        hasher.combine(timestamp)
    }
}
