internal import CFastEd25519
public import TransparencyLog

/// Puts the same signatures to an engine with tables, without libsodium behind it, and to libsodium.
public struct TableDifferential: ~Copyable {
    /// A signature on which the two differ.
    public struct Difference: Hashable, Sendable {
        public var key: String
        public var signature: String
        public var message: String
        public var libsodiumAccepts: Bool
    }

    private let engine: fast_ed25519_engine
    private let window: Int32
    private let base: OpaquePointer?
    private var tables: [[UInt8]: OpaquePointer?] = [:]
    public private(set) var compared = 0
    public private(set) var accepted = 0
    public private(set) var differences: [Difference] = []

    /// - Parameter window: 4 or 8.
    public init(engine: Ed25519Engine, window: Int32) {
        self.engine = engine == .ifma ? FAST_ED25519_IFMA : FAST_ED25519_PORTABLE
        self.window = window
        base = fast_ed25519_table_make(nil, window)
    }

    deinit {
        for table in tables.values { fast_ed25519_table_free(table) }
        fast_ed25519_table_free(base)
    }

    /// - Returns: false if the engine could not run at all.
    public mutating func compare(_ cases: [(key: [UInt8], signature: [UInt8], message: [UInt8])]) -> Bool {
        let cases = cases.filter { $0.key.count == 32 && $0.signature.count == 64 }
        for item in cases where tables[item.key] == nil {
            tables[item.key] = .some(fast_ed25519_table_make(item.key, window))
        }
        let bytes = cases.flatMap { $0.signature + $0.message }
        var verdicts = [UInt8](repeating: 0, count: cases.count)
        let status = bytes.withUnsafeBufferPointer { bytes in
            var offset = 0
            let items = cases.map { item in
                let signature = bytes.baseAddress.map { $0 + offset }
                offset += 64 + item.message.count
                return fast_ed25519_item(
                    table: tables[item.key] ?? nil, signature: signature, message: signature.map { $0 + 64 },
                    message_length: item.message.count)
            }
            return fast_ed25519_verify(engine, base, items, items.count, &verdicts)
        }
        guard status == 0 else { return false }
        for (item, verdict) in zip(cases, verdicts) {
            let valid = Ed25519.verifies(signature: item.signature, message: item.message, publicKey: item.key)
            compared += 1
            accepted += Int(verdict)
            if valid != (verdict == 1) {
                differences.append(
                    Difference(
                        key: Hex.encode(item.key), signature: Hex.encode(item.signature),
                        message: Hex.encode(item.message), libsodiumAccepts: valid))
            }
        }
        return true
    }
}
