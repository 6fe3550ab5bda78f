/// How far one poll, or some after each other, came with a log's leaves.
struct LeafProgress: Sendable {
    /// What an earlier poll left, until it is known whether it still stands there.
    private var earlier: LeafReader?
    /// What this poll reads with, once it reads.
    var reader: LeafReader?
    /// What an earlier poll, or this one, left of a file that is read anew.
    var rereading: Rereading?
    /// Whether all that was wanted was read, and some root is another than it gives: our copy may be the wrong one.
    var isRefuted = false
    /// Afterwards nothing more is asked for.
    let end: ContinuousClock.Instant

    /// - Parameter memory: what it has of leaves is taken, so that nothing is left of it if the poll fails.
    init(taking memory: inout PollMemory, time: Duration) {
        (earlier, rereading) = (memory.reader, memory.rereading)
        (memory.reader, memory.rereading) = (nil, nil)
        end = .now + time
    }

    /// Goes on where an earlier poll left off, if nobody moved the log since, and what was read still stands there.
    mutating func resume(_ leaves: any LeafSupply, at position: LogPosition, size: UInt64) async throws -> LeafReader? {
        guard var reader = earlier else { return nil }
        if reader.begin.stands(at: position), let next = try await leaves.next(after: reader.place, size: size) {
            reader.resume(next)
            return reader
        }
        earlier = nil
        return nil
    }

    /// What an earlier poll left of a file that is read anew, if it still stands there.
    mutating func rereading(_ leaves: any LeafSupply, of position: LogPosition) async throws -> Rereading? {
        guard var earlier = rereading else { return nil }
        rereading = nil
        guard earlier.compared < position.leafCount,
            let next = try await leaves.next(after: earlier.reader.place, size: position.leafCount)
        else { return nil }
        earlier.reader.resume(next)
        return earlier
    }

    /// Leaves that were read, whether new ones or anew.
    var count: UInt64? { reader?.count ?? rereading?.reader.count }

    /// What the next poll may go on with: leaves that are right as far as anybody knows, and that no root vouches for yet.
    var left: LeafReader? {
        guard !isRefuted, let reader = reader ?? earlier, !reader.isBlocked, !reader.leaves.isEmpty else { return nil }
        return reader
    }
}
