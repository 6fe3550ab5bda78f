import Glibc
import LogFiles

extension FuzzTarget {
    /// The reader of lines, against a split of the whole file. The first byte chooses the bound of a line.
    static let lines = FuzzTarget("lines") { bytes in
        guard let first = bytes.first else { return }
        let maximum = Int(first) + 1
        let content = Array(bytes.dropFirst().prefix(16 << 10))
        // A pipe holds it whole, and has a path.
        var ends: [Int32] = [-1, -1]
        try promise(pipe(&ends) == 0, "no pipe")
        defer { close(ends[0]) }
        let isWritten = write(ends[1], content, content.count) == content.count
        close(ends[1])
        try promise(isWritten, "the pipe was not written")
        var reader = try JSONLinesReader(path: "/proc/self/fd/\(ends[0])", maximumLineBytes: maximum)
        var expected = content.split(separator: 0x0A, omittingEmptySubsequences: false)
        // Behind the last newline there is no line.
        if expected.last?.isEmpty == true { expected.removeLast() }
        var number = 0
        for whole in expected {
            number += 1
            // Every other line on the short way, where it takes it.
            if number.isMultiple(of: 2), let passed = reader.pass({ Array($0) == Array(whole) }) {
                try promise(
                    passed.number == number && passed.byteOffset == UInt64(whole.startIndex), "passed elsewhere")
                try promise(whole.count <= maximum && whole.endIndex < content.endIndex, "passed a line that is none")
                continue
            }
            guard let line = try reader.next() else { throw BrokenPromise("line \(number) is missing") }
            try promise(
                line.number == number && line.byteOffset == UInt64(whole.startIndex), "line \(number) elsewhere")
            try promise(line.bytes == Array(whole.prefix(maximum)), "line \(number) is another")
            try promise(line.isOverlong == (whole.count > maximum), "line \(number): the bound")
            try promise(line.isTerminated == (whole.endIndex < content.endIndex), "line \(number): its end")
        }
        try promise(try reader.next() == nil && reader.offset == UInt64(content.count), "more than the file has")
    }
}
