/// A key that an id was registered under, and the size of the tree that holds it since.
public struct RegisteredKey: Hashable, Sendable {
    /// 32 bytes.
    public let publicKey: [UInt8]
    public let treeSize: UInt64

    public init(publicKey: [UInt8], treeSize: UInt64) {
        self.publicKey = publicKey
        self.treeSize = treeSize
    }

    /// The finding on a registration's key (C17). The log allows every key: only the id's owner knows whether they asked
    /// for it.
    ///
    /// - Parameter last: the key that the id had before; nil: it had none.
    public static func check(_ new: Registration, treeSize: UInt64, after last: RegisteredKey?) -> Finding? {
        let key = RegisteredKey(publicKey: new.publicKey, treeSize: treeSize)
        guard last?.publicKey != key.publicKey else { return nil }
        return Finding(
            .keyChanged, treeSize: treeSize, expected: last?.text ?? "no key before", found: key.text)
    }

    private var text: String { "key \(Base64.encode(publicKey)) of size \(treeSize)" }
}
