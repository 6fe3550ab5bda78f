import LogFiles
import TransparencyLog

/// Reads entries as heads and judges each by itself, on several tasks at once: all of an audit that needs no order.
struct HeadJudge: Sendable {
    /// Entries that one task takes at a time: enough to share inversions and caches, and few enough that all tasks have
    /// work to the end.
    private static let chunk = 512

    let verifier: HeadVerifier
    let range: AuditRange
    let jobs: Int

    enum Judged: Sendable {
        case malformed(any Error, JSONLine)
        /// Outside of the range that is audited; or a head before it is judged.
        case outside(SignedTreeHead, JSONLine)
        case judged(JudgedHead, JSONLine)
        case thinned(ChainVerifier.Known)

        var line: JSONLine? {
            switch self {
            case .malformed(_, let line), .outside(_, let line), .judged(_, let line): line
            case .thinned: nil
            }
        }
    }

    /// In the order of the entries.
    func judge(_ entries: [HeadEntry]) async -> [Judged] {
        guard entries.count > Self.chunk, jobs > 1 else { return judgeHere(entries) }
        return await withTaskGroup(of: (Int, [Judged]).self) { group in
            var starts = stride(from: 0, to: entries.count, by: Self.chunk).makeIterator()
            var parts: [Int: [Judged]] = [:]
            func addNext() {
                guard let start = starts.next() else { return }
                let part = entries[start..<min(start + Self.chunk, entries.count)]
                group.addTask { (start, judgeHere(part)) }
            }
            for _ in 0..<jobs { addNext() }
            while let (start, judged) = await group.next() {
                parts[start] = judged
                addNext()
            }
            return parts.sorted { $0.key < $1.key }.flatMap(\.value)
        }
    }

    private func judgeHere(_ entries: some Collection<HeadEntry>) -> [Judged] {
        var readings = entries.map(read)
        var heads: [SignedTreeHead] = []
        heads.reserveCapacity(readings.count)
        for case .outside(let head, _) in readings where range.contains(head) { heads.append(head) }
        var judged = verifier.verify(heads).makeIterator()
        for index in readings.indices {
            if case .outside(let head, let line) = readings[index], range.contains(head), let next = judged.next() {
                readings[index] = .judged(next, line)
            }
        }
        return readings
    }

    private func read(_ entry: HeadEntry) -> Judged {
        switch entry {
        case .thinned(let known): return .thinned(known)
        case .line(let line):
            do { return .outside(try SignedTreeHead(json: line.bytes, maximumBytes: 1 << 20), line) } catch {
                return .malformed(error, line)
            }
        }
    }
}
