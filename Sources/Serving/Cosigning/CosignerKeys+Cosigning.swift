import Logging
import TransparencyLog

extension CosignerKeys: Cosigning {
    /// All parties at once; what one of them does not give is left out, or gives too late once there is a quorum.
    public func cosign(_ heads: [HeadToSign], history: any TreeHistory) async -> [[Cosignature]] {
        // Not this task's children: who is late is not waited for, and ends in its own time.
        let given = await Task { await signatures(of: heads, history) }.value
        return heads.indices.map { head in
            members.indices.compactMap { index in
                given[index]?[head].map { Cosignature(cosigner: "cosigner_\(index)", signature: $0) }
            }
        }
    }

    private var logger: Logger { Logger(label: "nexo-server.cosigning") }

    private enum Event: Sendable {
        /// Nil from a cosigner that was not asked, since it owes an answer.
        case given(Int, [[UInt8]?]?)
        case graceIsOver
    }

    /// What each member gave in time, by its number.
    private func signatures(of heads: [HeadToSign], _ history: any TreeHistory) async -> [Int: [[UInt8]?]] {
        let (events, source) = AsyncStream.makeStream(of: Event.self)
        defer { source.finish() }
        var given: [Int: [[UInt8]?]] = [:]
        var asked: Set<Int> = []
        var busy: Set<Int> = []
        for (index, member) in members.enumerated() {
            switch member {
            case .local(let key):
                given[index] = heads.map { due(key, index, at: $0.treeSize)?.signature(for: $0.hash.bytes) }
            case .remote(let cosigner):
                asked.insert(index)
                Task { source.yield(.given(index, await ask(cosigner, index, heads, history, waits: false))) }
            }
        }
        var clock: Task<Void, Never>?
        defer { clock?.cancel() }
        var next = events.makeAsyncIterator()
        while true {
            if clock == nil, hasQuorum(given, of: heads) {
                clock = Task {
                    try? await Task.sleep(for: grace)
                    source.yield(.graceIsOver)
                }
            }
            if asked.isEmpty {
                // Nobody waits for who owes an answer, unless there is no quorum without it.
                guard clock == nil, !busy.isEmpty else { break }
                for index in busy {
                    guard case .remote(let cosigner) = members[index] else { continue }
                    Task { source.yield(.given(index, await ask(cosigner, index, heads, history, waits: true))) }
                }
                swap(&asked, &busy)
            }
            guard case .given(let index, let signatures)? = await next.next() else { break }
            asked.remove(index)
            if let signatures { given[index] = signatures } else { busy.insert(index) }
        }
        for index in asked.sorted() {
            logger.warning(
                "a cosigner is late, and heads are published without it",
                metadata: ["cosigner": "COSIGNER_\(index)", "grace": "\(grace)"])
        }
        return given
    }

    /// Whether enough signed each head. Without a trust file nobody knows how many that are.
    private func hasQuorum(_ given: [Int: [[UInt8]?]], of heads: [HeadToSign]) -> Bool {
        guard let trust else { return false }
        return heads.indices.allSatisfy { head in given.values.count { $0[head] != nil } >= trust.policy.t }
    }

    /// Another party is asked only for the sizes that its key is due at: a signature from outside of a window is a finding.
    private func ask(
        _ cosigner: RemoteCosigner, _ index: Int, _ heads: [HeadToSign], _ history: any TreeHistory,
        waits: Bool
    ) async -> [[UInt8]?]? {
        let asked = heads.indices.filter { isDue(cosigner.publicKey, index, at: heads[$0].treeSize) }
        var signatures = [[UInt8]?](repeating: nil, count: heads.count)
        guard !asked.isEmpty else { return signatures }
        guard let given = await cosigner.sign(asked.map { heads[$0] }, history: history, waits: waits) else {
            return nil
        }
        for (head, signature) in zip(asked, given) { signatures[head] = signature }
        return signatures
    }

    /// The key of a cosigner whose window a size lies in; nil if we have none.
    private func due(_ key: Ed25519.PrivateKey, _ index: Int, at size: UInt64) -> Ed25519.PrivateKey? {
        [key, successors[index]].compactMap { $0 }.first { isDue($0.publicKey, index, at: size) }
    }

    private func isDue(_ publicKey: [UInt8], _ index: Int, at size: UInt64) -> Bool {
        guard let trust else { return true }
        return trust.keys(at: size).contains { $0.id == "cosigner_\(index)" && $0.publicKey == publicKey }
    }
}
