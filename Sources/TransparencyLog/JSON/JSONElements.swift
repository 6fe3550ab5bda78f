/// Splits a JSON array into the bytes of its elements, without reading them.
///
/// An answer of many heads is then judged one head at a time: in any order, in bounded memory, and so that a head that
/// is no strict JSON spoils itself alone.
public enum JSONElements {
    /// The range of each element; white space around them is left out.
    ///
    /// - Parameter maximum: so many elements are taken: one may be two bytes of its sender's, and is 16 of ours.
    /// - Returns: nil where there are more; what stands behind those is not looked at.
    /// - Throws: `JSONError` if the brackets, strings and commas are not those of one array.
    public static func ranges(of bytes: [UInt8], maximum: Int) throws(JSONError) -> [Range<Int>]? {
        let scan = { (buffer: UnsafeBufferPointer<UInt8>) -> Result<[Range<Int>]?, JSONError> in
            Result { () throws(JSONError) -> [Range<Int>]? in
                var scanner = Scanner()
                return try scanner.scan(buffer, maximum: maximum) ? scanner.elements : nil
            }
        }
        return try bytes.withUnsafeBufferPointer(scan).get()
    }

    private struct Scanner {
        var elements: [Range<Int>] = []
        /// Closing brackets that are due, the outermost first.
        private var closing: [UInt8] = []
        private var start: Int?
        private var end = 0
        private var needsElement = false

        /// - Returns: false where there are more elements than that.
        mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>, maximum: Int) throws(JSONError) -> Bool {
            var position = 0
            var isOpen = false
            var isDone = false
            while position < bytes.count {
                let byte = bytes[position]
                if isWhiteSpace(byte) {
                    position += 1
                    continue
                }
                guard !isDone else { throw error("unexpected bytes after the array", position) }
                if !isOpen {
                    guard byte == UInt8(ascii: "[") else { throw error("an array is expected", position) }
                    isOpen = true
                } else if closing.isEmpty, byte == UInt8(ascii: ",") {
                    try close(position)
                    needsElement = true
                } else if closing.isEmpty, byte == UInt8(ascii: "]") {
                    if start != nil || needsElement { try close(position) }
                    isDone = true
                } else {
                    if start == nil { start = position }
                    position = try skip(bytes, position)
                    end = position
                    continue
                }
                guard elements.count <= maximum else { return false }
                position += 1
            }
            guard isDone else { throw error("the text ends inside the array", bytes.count) }
            return true
        }

        private mutating func close(_ position: Int) throws(JSONError) {
            guard let start else { throw error("an element is expected", position) }
            elements.append(start..<end)
            self.start = nil
        }

        /// Steps over one string or one other byte.
        private mutating func skip(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) throws(JSONError) -> Int {
            switch bytes[start] {
            case UInt8(ascii: "\""):
                var position = start + 1
                while position < bytes.count {
                    switch bytes[position] {
                    case UInt8(ascii: "\""): return position + 1
                    case UInt8(ascii: "\\"): position += 2
                    default: position += 1
                    }
                }
                throw error("the text ends inside the string of byte \(start)", bytes.count)
            case UInt8(ascii: "{"): closing.append(UInt8(ascii: "}"))
            case UInt8(ascii: "["): closing.append(UInt8(ascii: "]"))
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard closing.popLast() == bytes[start] else { throw error("a bracket that closes nothing", start) }
            default: break
            }
            guard closing.count <= JSONReader.maximumDepth else { throw error("nested too deep", start) }
            return start + 1
        }

        private func isWhiteSpace(_ byte: UInt8) -> Bool {
            byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
        }

        private func error(_ reason: String, _ offset: Int) -> JSONError {
            JSONError(reason: reason, offset: offset, line: 1, column: offset + 1)
        }
    }
}
