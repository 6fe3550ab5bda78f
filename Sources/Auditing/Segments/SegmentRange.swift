import TransparencyLog

/// The lines of a file of heads that one segment judges.
public enum SegmentRange: Hashable, Sendable {
    /// By their numbers, from 1, both ends included.
    case lines(ClosedRange<UInt64>)
    /// From the first head that has at least the lower size, up to the first behind it that has more than the upper one:
    /// so the ranges 0..9, 10..19, … part a file whatever the order of its sizes is.
    case sizes(ClosedRange<UInt64>)

    /// - Parameter text: A..B, A.. or ..B.
    public static func bounds(_ text: String) -> ClosedRange<UInt64>? {
        guard let dots = text.firstRange(of: "..") else { return nil }
        func bound(_ part: Substring, _ absent: UInt64) -> UInt64? {
            part.isEmpty ? absent : JSONNumber(lexeme: String(part)).plainInteger
        }
        guard let first = bound(text[..<dots.lowerBound], 0),
            let last = bound(text[dots.upperBound...], JSONNumber.largestPlainInteger), first <= last
        else { return nil }
        return first...last
    }
}
