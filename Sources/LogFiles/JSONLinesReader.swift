import Glibc

/// Reads a JSONL file line by line, in blocks: a file larger than memory takes no more memory than its longest line.
///
/// It judges nothing: blank lines, NUL bytes and a byte order mark are delivered as they stand.
public struct JSONLinesReader: ~Copyable {
    private static let blockSize = 256 << 10

    private let source: LineSource
    private let maximumLineBytes: Int
    private var block: [UInt8] = []
    private var position = 0
    /// Bytes and lines that were delivered or passed.
    public private(set) var offset: UInt64 = 0
    public private(set) var number = 0

    /// - Parameters:
    ///   - path: a file; `-` for standard input; .gz and .zst are decompressed by the system's tools.
    ///   - maximumLineBytes: of a longer line only the beginning is delivered, marked as overlong.
    public init(path: String, maximumLineBytes: Int = 1 << 20) throws(LogFileError) {
        source = try LineSource(path: path)
        self.maximumLineBytes = maximumLineBytes
    }

    /// The next line; nil at the end of the file.
    public mutating func next() throws(LogFileError) -> JSONLine? {
        var line = JSONLine(number: number + 1, byteOffset: offset, bytes: [], isTerminated: false, isOverlong: false)
        while true {
            if position == block.count {
                try fill()
                if block.isEmpty { break }
            }
            let end = newline() ?? block.count
            let room = maximumLineBytes - line.bytes.count
            if end - position > room { line.isOverlong = true }
            line.bytes.append(contentsOf: block[position..<min(end, position + room)])
            offset += UInt64(end - position)
            position = end
            if position < block.count {
                position += 1
                offset += 1
                line.isTerminated = true
                break
            }
        }
        guard offset > line.byteOffset else { return nil }
        number += 1
        return line
    }

    /// Shows the next line where it stands, if it lies whole in the block at hand, and passes it if `body` takes it.
    ///
    /// - Returns: the line's number and byte offset; nil if it was not passed, and is what `next` gives.
    public mutating func pass(_ body: (UnsafeBufferPointer<UInt8>) -> Bool) -> (number: Int, byteOffset: UInt64)? {
        guard position < block.count, let end = newline(), end - position <= maximumLineBytes else { return nil }
        guard block.withUnsafeBufferPointer({ body(UnsafeBufferPointer(rebasing: $0[position..<end])) }) else {
            return nil
        }
        let passed = (number + 1, offset)
        number += 1
        offset += UInt64(end + 1 - position)
        position = end + 1
        return passed
    }

    /// Passes so many lines unread.
    ///
    /// - Returns: how many there were.
    public mutating func skip(_ count: Int) throws(LogFileError) -> Int {
        for passed in 0..<count {
            guard pass({ _ in true }) == nil else { continue }
            guard try next() != nil else { return passed }
        }
        return count
    }

    /// The place of the next newline in the block.
    private func newline() -> Int? {
        block.withUnsafeBytes { bytes -> Int? in
            guard let base = bytes.baseAddress,
                let found = memchr(base + position, 0x0A, bytes.count - position)
            else { return nil }
            return base.distance(to: UnsafeRawPointer(found))
        }
    }

    private mutating func fill() throws(LogFileError) {
        block = try source.read(Self.blockSize)
        position = 0
    }
}
