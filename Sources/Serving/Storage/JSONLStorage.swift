import Foundation
public import LogFiles

/// users.jsonl and sth.jsonl in a folder. Both are locked while it lives.
public actor JSONLStorage: LogStorage {
    private let executor = DiskExecutor(label: "nexo-server.storage")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private var users: DurableAppender
    private var heads: DurableAppender
    private nonisolated let userLines: IndexedLines
    nonisolated let headLines: IndexedLines
    private var mark: AuditedMark
    private let markPath: String
    private var headsSinceMark = 0
    /// After so many heads the mark is written anew, so that a start after a crash has no more than those to audit.
    private static let headsPerMark = 10_000

    init(
        users: consuming DurableAppender, heads: consuming DurableAppender, userLines: IndexedLines,
        headLines: IndexedLines, mark: AuditedMark, markPath: String
    ) {
        self.users = users
        self.heads = heads
        self.userLines = userLines
        self.headLines = headLines
        self.mark = mark
        self.markPath = markPath
    }

    public func append(registrations lines: [[UInt8]]) throws(LogFileError) {
        try users.append(contentsOf: lines)
        userLines.extend(by: lines.map(\.count))
    }

    public func append(heads lines: [[UInt8]]) throws(LogFileError) {
        try heads.append(contentsOf: lines)
        headLines.extend(by: lines.map(\.count))
        for line in lines { line.withUnsafeBufferPointer { mark.add($0) } }
        headsSinceMark += lines.count
        if headsSinceMark >= Self.headsPerMark {
            // Only time is lost without a mark, so a disk that takes heads but no mark is no reason to stop.
            try? mark.write(to: markPath)
            headsSinceMark = 0
        }
    }

    /// Notes how far the folder was audited, for the next start.
    public func writeMark() throws(LogFileError) {
        try mark.write(to: markPath)
        headsSinceMark = 0
    }

    public nonisolated func registrations(_ range: Range<Int>) throws(LogFileError) -> [[UInt8]] {
        try userLines.lines(range)
    }

    public nonisolated func heads(_ range: Range<Int>) throws(LogFileError) -> [[UInt8]] { try headLines.lines(range) }

    public nonisolated func registrationBytes(of count: Int) -> UInt64 { userLines.extent(of: 0..<count).upperBound }

    public nonisolated func registrationBytes(_ range: Range<UInt64>) throws(LogFileError) -> [UInt8] {
        try userLines.bytes(range)
    }
}
