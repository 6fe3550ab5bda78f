import LogFiles
import TransparencyLog

/// Reads registrations forward and keeps the frontier over those read.
final class LeafCursor {
    private var reader: JSONLinesReader
    private(set) var tree = TreeVerifier()
    /// Registrations read.
    private(set) var count: UInt64 = 0
    /// Ids of 24 bytes, whose leaf preimage has a node's size.
    private(set) var posingIDs: UInt64 = 0
    /// The number of the registration that could not be read; no root from there on can be checked.
    private(set) var brokenAt: UInt64?

    init(path: String) throws(LogFileError) { reader = try JSONLinesReader(path: path) }

    /// Reads on until `size` registrations are read, the file ends, or one cannot be read.
    func advance(to size: UInt64) throws(LogFileError) -> [Finding] {
        var findings: [Finding] = []
        while brokenAt == nil, count < size, let line = try reader.next() {
            do {
                let value = try JSONReader.parse(line.bytes, maximumBytes: 1 << 20)
                let registration = try Registration(value)
                let claim = value["leaf_hash"]
                count += 1
                if registration.canPoseAsNode { posingIDs += 1 }
                if var finding = tree.append(registration, claimed: claim?.text.flatMap(Digest.init(base64:))) {
                    finding.line = line.number
                    finding.byteOffset = line.byteOffset
                    findings.append(finding)
                }
            } catch {
                brokenAt = count + 1
                let end = line.byteOffset + UInt64(line.bytes.count)
                var finding = Finding(
                    .leafMalformed, expected: "a registration",
                    found: line.isTerminated ? "\(error)" : "truncated at byte \(end): \(error)")
                finding.line = line.number
                finding.byteOffset = line.byteOffset
                findings.append(finding)
            }
        }
        return findings
    }
}
