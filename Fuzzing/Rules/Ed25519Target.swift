internal import CFastEd25519
import Synchronization
import TransparencyLog

/// Tables for a few keys, as they are made for pinned ones.
private final class TableShelf: @unchecked Sendable {
    // Unchecked: the pointers are used under the lock alone.
    private let tables = Mutex<[[UInt8]: OpaquePointer?]>([:])
    private let window: Int32
    private let base: OpaquePointer?

    init(window: Int32) {
        self.window = window
        base = fast_ed25519_table_make(nil, window)
    }

    /// - Returns: nil where the engine cannot run here.
    func verdict(
        _ engine: fast_ed25519_engine, key: [UInt8], signature: [UInt8], message: [UInt8]
    ) -> Bool? {
        tables.withLock { tables in
            if tables.count >= 64, tables[key] == nil {
                for table in tables.values { fast_ed25519_table_free(table) }
                tables = [:]
            }
            if tables[key] == nil { tables[key] = .some(fast_ed25519_table_make(key, window)) }
            let table = tables[key] ?? nil
            return signature.withUnsafeBufferPointer { signature in
                message.withUnsafeBufferPointer { message in
                    var accepted: UInt8 = 0
                    var item = fast_ed25519_item(
                        table: table, signature: signature.baseAddress, message: message.baseAddress,
                        message_length: message.count)
                    return fast_ed25519_verify(engine, base, &item, 1, &accepted) == 0 ? accepted == 1 : nil
                }
            }
        }
    }
}

extension FuzzTarget {
    /// Signatures put to the tables, without libsodium behind them, and to libsodium: key, signature, message.
    ///
    /// The first byte chooses among honest signatures with faults, and bytes as they come.
    static let ed25519 = FuzzTarget("ed25519") { bytes in
        var feed = Feed(bytes)
        let way = feed.byte()
        var (key, signature) = ([UInt8](), [UInt8]())
        let message: [UInt8]
        if way.isMultiple(of: 2) {
            (key, signature) = (feed.bytes(32), feed.bytes(64))
            message = Array(feed.remainder().prefix(256))
        } else {
            let signer = KnownLog.keys[feed.below(3)]
            let faults = feed.bytes(feed.below(5) * 2)
            message = Array(feed.remainder().prefix(256))
            (key, signature) = (signer.publicKey, signer.signature(for: message))
            for start in stride(from: 0, to: faults.count, by: 2) {
                signature[Int(faults[start]) % 64] ^= faults[start + 1]
            }
        }
        let valid = Ed25519.verifies(signature: signature, message: message, publicKey: key)
        for shelf in shelves {
            for engine in [FAST_ED25519_PORTABLE, FAST_ED25519_IFMA] {
                let verdict = shelf.verdict(engine, key: key, signature: signature, message: message)
                try promise(verdict == nil || verdict == valid, "libsodium says \(valid), an engine does not")
            }
        }
        _ = ZIP215.verifies(signature: signature, message: message, publicKey: key)
    }

    private static let shelves = [TableShelf(window: 4), TableShelf(window: 8)]
}
