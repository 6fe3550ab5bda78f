internal import CFastEd25519

/// Multiples of one public key, or of the base point, by which signatures are verified without a doubling.
///
/// Unchecked: the memory is written before anybody else has the table, and is only read from then on.
final class Ed25519Table: @unchecked Sendable {
    /// Bits of the scalar that one addition takes care of.
    enum Window: Int32, Sendable, CaseIterable {
        /// 72 KiB a key.
        case small = 4
        /// 0.5 MiB a key, for half the additions.
        case large = 8
    }

    let pointer: OpaquePointer
    let window: Window

    /// - Returns: nil for a key that libsodium refuses, or where there is no memory.
    init?(publicKey: [UInt8], window: Window) {
        guard publicKey.count == 32, let pointer = fast_ed25519_table_make(publicKey, window.rawValue) else {
            return nil
        }
        self.pointer = pointer
        self.window = window
    }

    private init?(basePointWith window: Window) {
        guard let pointer = fast_ed25519_table_make(nil, window.rawValue) else { return nil }
        self.pointer = pointer
        self.window = window
    }

    deinit { fast_ed25519_table_free(pointer) }

    /// The base point's tables, made when first needed, one for the whole process.
    static func base(_ window: Window) -> Ed25519Table? { window == .small ? smallBase : largeBase }

    private static let smallBase = Ed25519Table(basePointWith: .small)
    private static let largeBase = Ed25519Table(basePointWith: .large)
}
