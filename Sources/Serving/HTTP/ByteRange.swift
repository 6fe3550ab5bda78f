/// One range of bytes in a request (RFC 9110, section 14.1.2).
package enum ByteRange: Hashable {
    case range(Range<UInt64>)
    case unsatisfiable

    /// - Returns: nil for what is to be ignored: other units, several ranges, and what is no range.
    package init?(_ header: String, total: UInt64) {
        guard header.hasPrefix("bytes=") else { return nil }
        let ends = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, ends.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else {
            return nil
        }
        switch (UInt64(ends[0]), UInt64(ends[1])) {
        case (let first?, let last?):
            guard first <= last else { return nil }
            self = first < total ? .range(first..<min(last, total - 1) + 1) : .unsatisfiable
        case (let first?, nil) where ends[1].isEmpty:
            self = first < total ? .range(first..<total) : .unsatisfiable
        case (nil, let count?) where ends[0].isEmpty:
            self = count > 0 && total > 0 ? .range(total - min(count, total)..<total) : .unsatisfiable
        default: return nil
        }
    }
}
