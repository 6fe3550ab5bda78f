import LogFiles
import TransparencyLog

/// Reads lines as heads and judges each by itself, on several tasks at once: all of an audit that needs no order.
struct HeadJudge: Sendable {
    /// Lines that one task takes at a time: enough to share inversions and caches, and few enough that all tasks have
    /// work to the end.
    private static let chunk = 512

    let verifier: HeadVerifier
    let range: AuditRange
    let jobs: Int

    typealias Line = (line: JSONLine, reading: Reading)

    enum Reading: Sendable {
        case malformed(any Error)
        case outside(SignedTreeHead)
        case judged(JudgedHead)
    }

    /// In the order of the lines.
    func judge(_ lines: [JSONLine]) async -> [Line] {
        guard lines.count > Self.chunk, jobs > 1 else { return judgeHere(lines) }
        return await withTaskGroup(of: (Int, [Line]).self) { group in
            var starts = stride(from: 0, to: lines.count, by: Self.chunk).makeIterator()
            var parts: [Int: [Line]] = [:]
            func addNext() {
                guard let start = starts.next() else { return }
                let part = lines[start..<min(start + Self.chunk, lines.count)]
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

    private func judgeHere(_ lines: some Collection<JSONLine>) -> [Line] {
        var readings = lines.map(read)
        var heads: [SignedTreeHead] = []
        heads.reserveCapacity(readings.count)
        for case .outside(let head) in readings where range.contains(head) { heads.append(head) }
        var judged = verifier.verify(heads).makeIterator()
        for index in readings.indices {
            if case .outside(let head) = readings[index], range.contains(head), let next = judged.next() {
                readings[index] = .judged(next)
            }
        }
        return Array(zip(lines, readings))
    }

    /// A head, before it is judged.
    private func read(_ line: JSONLine) -> Reading {
        do { return .outside(try SignedTreeHead(json: line.bytes, maximumBytes: 1 << 20)) } catch {
            return .malformed(error)
        }
    }
}
