internal import CFastEd25519
internal import Synchronization

/// Verifies many signatures by few keys.
///
/// A log signs with a handful of keys, so that tables of their multiples soon repay themselves. What they accept is
/// valid, and libsodium decides on the rest: the verdict is its own either way.
final class SignatureVerifier: Sendable {
    /// One signature that is asked about.
    struct Question: Sendable {
        /// The place of its public key among the verifier's.
        let key: Int
        let signature: SignatureBytes
        let message: Digest
    }

    /// How often a key must be asked for before a table repays what it takes to make.
    struct Thresholds: Sendable {
        var small = 32
        var large = 2_048
    }

    private struct Key {
        var uses = 0
        var table: Ed25519Table?
    }

    let engine: Ed25519Engine
    private let publicKeys: [[UInt8]]
    private let keepsTables: Bool
    private let thresholds: Thresholds
    private let keys: Mutex<[Key]>

    /// - Parameters:
    ///   - publicKeys: of 32 bytes each; memory is bounded by their number.
    ///   - keepsTables: whether tables outlive the call that made them, up to 0.5 MiB a key.
    init(
        publicKeys: [[UInt8]], engine: Ed25519Engine = .auto, keepsTables: Bool = true,
        thresholds: Thresholds = Thresholds()
    ) {
        self.publicKeys = publicKeys
        self.engine = engine
        self.keepsTables = keepsTables
        self.thresholds = thresholds
        keys = Mutex([Key](repeating: Key(), count: publicKeys.count))
    }

    /// The tables to verify with, one or none for each key, where each is about to be asked for so often.
    func tables(forUses uses: [Int]) -> [Ed25519Table?] {
        guard engine.native != FAST_ED25519_NONE else { return publicKeys.map { _ in nil } }
        guard keepsTables else {
            return zip(publicKeys, uses).map { table(of: $0, uses: $1, after: nil) }
        }
        return keys.withLock { keys in
            for (index, count) in uses.enumerated() {
                keys[index].uses += count
                keys[index].table = table(
                    of: publicKeys[index], uses: keys[index].uses, after: keys[index].table)
            }
            return keys.map(\.table)
        }
    }

    private func table(of key: [UInt8], uses: Int, after old: Ed25519Table?) -> Ed25519Table? {
        let window: Ed25519Table.Window? =
            uses >= thresholds.large ? .large : uses >= thresholds.small ? .small : nil
        guard let window, old?.window != window else { return old }
        return Ed25519Table(publicKey: key, window: window) ?? old
    }

    /// The verdicts, in the order of the questions.
    func verdicts(on questions: [Question], with tables: [Ed25519Table?]) -> [Bool] {
        var verdicts = [Bool](repeating: false, count: questions.count)
        // The tables are shared by all tasks: asked for anything once for each question, they would have their reference
        // counts passed from core to core.
        let windows = tables.map { $0?.window }
        let pointers = tables.map { $0?.pointer }
        withExtendedLifetime(tables) {
            for window in Ed25519Table.Window.allCases where windows.contains(window) {
                let places = questions.indices.filter { windows[questions[$0].key] == window }
                accept(places, of: questions, pointers, window, &verdicts)
            }
        }
        for (place, question) in questions.enumerated() where !verdicts[place] {
            verdicts[place] = Ed25519.verifies(
                signature: question.signature.bytes, message: question.message.bytes,
                publicKey: publicKeys[question.key])
        }
        return verdicts
    }

    /// Notes what the tables accept. Of the rest nothing is known, nor of any if there is no memory.
    private func accept(
        _ places: [Int], of questions: [Question], _ tables: [OpaquePointer?], _ window: Ed25519Table.Window,
        _ verdicts: inout [Bool]
    ) {
        guard !places.isEmpty, let base = Ed25519Table.base(window) else { return }
        var accepted = [UInt8](repeating: 0, count: places.count)
        questions.withUnsafeBufferPointer { questions in
            guard let first = UnsafeRawPointer(questions.baseAddress),
                let signature = MemoryLayout<Question>.offset(of: \.signature),
                let message = MemoryLayout<Question>.offset(of: \.message)
            else { return }
            // C reads the bytes where they stand in the questions.
            let items = places.map { place in
                let question = first + place * MemoryLayout<Question>.stride
                return fast_ed25519_item(
                    table: tables[questions[place].key],
                    signature: (question + signature).assumingMemoryBound(to: UInt8.self),
                    message: (question + message).assumingMemoryBound(to: UInt8.self),
                    message_length: Digest.byteCount)
            }
            _ = fast_ed25519_verify(engine.native, base.pointer, items, items.count, &accepted)
        }
        for (place, isAccepted) in zip(places, accepted) where isAccepted == 1 { verdicts[place] = true }
    }
}
