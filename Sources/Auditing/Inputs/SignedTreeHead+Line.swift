import LogFiles
import TransparencyLog

extension SignedTreeHead {
    /// - Throws: also where a line is longer than what was read of it: its rest may be anything.
    init(line: JSONLine) throws {
        try line.checkLength()
        try self.init(json: line.bytes, maximumBytes: 1 << 20)
    }
}

extension JSONLine {
    struct Overlong: Error, CustomStringConvertible {
        let bytes: Int
        var description: String { "a line of more than \(bytes) bytes" }
    }

    func checkLength() throws(Overlong) {
        if isOverlong { throw Overlong(bytes: bytes.count) }
    }
}
