import ArgumentParser
import CFastEd25519
import TransparencyLog

/// Head hashes signed by three keys in turn.
struct SignedMessages {
    private let keys: [Ed25519.PrivateKey]
    private let count: Int
    /// A signature and its message each.
    private let bytes: [UInt8]
    private static let stride = 96

    init(count: Int) throws {
        keys = (1...3).compactMap { Ed25519.PrivateKey(seed: [UInt8](repeating: $0, count: 32)) }
        self.count = count
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * Self.stride)
        for index in 0..<count {
            let message = Digest.sha256(Array("head \(index)".utf8)).bytes
            bytes += keys[index % keys.count].signature(for: message) + message
        }
        self.bytes = bytes
    }

    /// Seconds a signature with libsodium.
    func measureLibsodium(most: Int) throws -> Double {
        let count = min(count, most)
        let start = CPUClock.seconds
        for index in 0..<count {
            let place = index * Self.stride
            let isValid = Ed25519.verifies(
                signature: Array(bytes[place..<place + 64]), message: Array(bytes[place + 64..<place + 96]),
                publicKey: keys[index % keys.count].publicKey)
            guard isValid else { throw ExitCode.failure }
        }
        return (CPUClock.seconds - start) / Double(count)
    }

    /// Seconds a signature with tables, which are made first and count too.
    func measure(_ engine: fast_ed25519_engine, window: Int32) throws -> Double {
        let start = CPUClock.seconds
        let base = fast_ed25519_table_make(nil, window)
        let tables = keys.map { fast_ed25519_table_make($0.publicKey, window) }
        defer { for table in tables + [base] { fast_ed25519_table_free(table) } }
        var accepted = [UInt8](repeating: 0, count: count)
        let status = bytes.withUnsafeBufferPointer { bytes in
            let items = (0..<count).map { index in
                let signature = bytes.baseAddress.map { $0 + index * Self.stride }
                return fast_ed25519_item(
                    table: tables[index % tables.count], signature: signature, message: signature.map { $0 + 64 },
                    message_length: 32)
            }
            return fast_ed25519_verify(engine, base, items, count, &accepted)
        }
        let seconds = CPUClock.seconds - start
        guard status == 0, accepted.allSatisfy({ $0 == 1 }) else { throw ExitCode.failure }
        return seconds / Double(count)
    }
}
