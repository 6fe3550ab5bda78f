import LogFiles
import TransparencyLog

/// Reads entries as heads and judges each by itself, on several tasks at once: all of an audit that needs no order.
struct HeadJudge: Sendable {
    /// Entries that one task takes at a time: enough to share inversions and caches, and few enough that all tasks have
    /// work to the end and memory stays small.
    private static let chunk = 512

    let verifier: HeadVerifier
    let jobs: Int

    enum Judged: Sendable {
        case malformed(any Error, JSONLine)
        case judged(JudgedHead, JSONLine)
        case thinned(ChainVerifier.Known)
        case unread

        var line: JSONLine? {
            switch self {
            case .malformed(_, let line), .judged(_, let line): line
            case .thinned, .unread: nil
            }
        }
    }

    /// Judges what `next` gives, so many entries at a time, on `jobs` tasks, and hands it over in the order of the entries:
    /// while some are checked in order, those behind them are judged.
    ///
    /// - Parameters:
    ///   - next: the next entries, at most `count`; none at the end.
    ///   - check: is given what became of them.
    func judge<Failure: Error>(
        next: (_ count: Int) throws(Failure) -> [HeadEntry], check: ([Judged]) throws(Failure) -> Void
    ) async throws(Failure) {
        if jobs == 1 {
            while case let entries = try next(Self.chunk), !entries.isEmpty { try check(judge(entries)) }
            return
        }
        let result = await withTaskGroup(of: (Int, [Judged]).self) { group -> Result<Void, Failure> in
            var (begun, running, checked) = (0, 0, 0)
            var isAtEnd = false
            var waiting: [Int: [Judged]] = [:]
            do throws(Failure) {
                while true {
                    while !isAtEnd, running < jobs, begun - checked <= 4 * jobs {
                        let entries = try next(Self.chunk)
                        isAtEnd = entries.isEmpty
                        if isAtEnd { break }
                        group.addTask { [begun] in (begun, judge(entries)) }
                        begun += 1
                        running += 1
                    }
                    if let part = waiting.removeValue(forKey: checked) {
                        try check(part)
                        checked += 1
                    } else if let (number, part) = await group.next() {
                        waiting[number] = part
                        running -= 1
                    } else {
                        return .success(())
                    }
                }
            } catch { return .failure(error) }
        }
        try result.get()
    }

    private enum Reading {
        case head(SignedTreeHead, JSONLine)
        /// Nothing is left to be judged.
        case other(Judged)
    }

    private func judge(_ entries: [HeadEntry]) -> [Judged] {
        let readings = entries.map(read)
        var heads: [SignedTreeHead] = []
        heads.reserveCapacity(readings.count)
        for case .head(let head, _) in readings { heads.append(head) }
        var judged = verifier.verify(heads).makeIterator()
        return readings.map { reading in
            switch reading {
            case .other(let entry): return entry
            case .head(_, let line):
                guard let next = judged.next() else { preconditionFailure("each head is judged") }
                return .judged(next, line)
            }
        }
    }

    private func read(_ entry: HeadEntry) -> Reading {
        switch entry {
        case .thinned(let known): return .other(.thinned(known))
        case .unread: return .other(.unread)
        case .line(let line):
            do { return .head(try SignedTreeHead(line: line), line) } catch { return .other(.malformed(error, line)) }
        }
    }
}
