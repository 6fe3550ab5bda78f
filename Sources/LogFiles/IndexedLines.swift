import Glibc
import Synchronization
import SystemPackage

/// The lines of a growing JSONL file by their number, from 0: eight bytes of memory a line, the rest stays on the disk.
///
/// Reads take no lock that a writer holds over a disk access: what was appended once never changes.
public final class IndexedLines: Sendable {
    private let path: String
    private let file: FileDescriptor
    /// Where each line ends, its newline included.
    private let ends: Mutex<[UInt64]>

    /// - Parameter ends: where each line ends, its newline included.
    public init(path: String, ends: [UInt64]) throws(LogFileError) {
        self.path = path
        self.ends = Mutex(ends)
        do { file = try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec]) } catch {
            throw LogFileError(path: path, reason: "cannot be opened (\(error)); check the path and its permissions")
        }
    }

    deinit { try? file.close() }

    public var count: Int { ends.withLock { $0.count } }

    /// Bytes of all lines.
    public var byteCount: UInt64 { ends.withLock { $0.last ?? 0 } }

    /// Takes in lines that were appended to the file, of so many bytes each without their newlines.
    public func extend(by lengths: [Int]) {
        ends.withLock { ends in
            var end = ends.last ?? 0
            for length in lengths {
                end += UInt64(length) + 1
                ends.append(end)
            }
        }
    }

    /// The bytes that a range of lines takes in the file, newlines included.
    ///
    /// - Precondition: the lines are there.
    public func extent(of lines: Range<Int>) -> Range<UInt64> {
        ends.withLock { ends in
            guard !lines.isEmpty else { return 0..<0 }
            return (lines.lowerBound == 0 ? 0 : ends[lines.lowerBound - 1])..<ends[lines.upperBound - 1]
        }
    }

    /// Lines without their newlines, read with one call.
    public func lines(_ range: Range<Int>) throws(LogFileError) -> [[UInt8]] {
        let bytes = try bytes(extent(of: range))
        return bytes.split(separator: 0x0A, omittingEmptySubsequences: false).prefix(range.count).map(Array.init)
    }

    /// A part of the file.
    public func bytes(_ range: Range<UInt64>) throws(LogFileError) -> [UInt8] {
        // Made without capacity, an array writes its count into what all empty arrays share.
        if range.isEmpty { return [] }
        do {
            return try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, filled in
                while filled < range.count {
                    let room = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                    let got = try file.read(fromAbsoluteOffset: Int64(range.lowerBound) + Int64(filled), into: room)
                    // Somebody else cut the file.
                    guard got > 0 else { throw Errno.ioError }
                    filled += got
                }
            }
        } catch {
            throw LogFileError(
                path: path, reason: "cannot be read at byte \(range.lowerBound) (\(error)); check the disk")
        }
    }
}
