import Foundation
import LogFiles
import TransparencyLog

/// How far a folder's heads were audited, so that a start need not do it all again: a running hash over their lines.
///
/// It saves time, not trust: whoever can write the folder can write the mark. Without it, or where it does not fit the
/// file, everything is audited. Registrations are always read anew, and must give the newest head's root.
struct AuditedMark: Hashable, Sendable {
    private static let format = "nexo-server-audited/v1"

    private(set) var heads = 0
    private(set) var digest = Digest.zero
    /// SHA-256 of the trust file that the audit went by.
    var trust = Digest.zero

    init() {}

    mutating func add(_ line: UnsafeBufferPointer<UInt8>) {
        let length = Digest.byteCount + line.count
        digest = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: length) { bytes in
            let raw = UnsafeMutableRawBufferPointer(bytes)
            digest.withUnsafeBytes { raw.copyMemory(from: $0) }
            UnsafeMutableRawBufferPointer(rebasing: raw[Digest.byteCount...]).copyMemory(from: .init(line))
            return .sha256(bytes)
        }
        heads += 1
    }

    /// - Returns: nil if there is none that can be read.
    init?(path: String) {
        guard let data = FileManager.default.contents(atPath: path),
            let value = try? JSONReader.parse(Array(data), maximumBytes: 1 << 16),
            value["format"]?.text.map({ $0.description == Self.format }) == true,
            let heads = value["heads"]?.plainInteger, let digest = value["digest"]?.text.flatMap(Digest.init(base64:)),
            let trust = value["trust"]?.text.flatMap(Digest.init(base64:))
        else { return nil }
        self.heads = Int(heads)
        self.digest = digest
        self.trust = trust
    }

    func write(to path: String) throws(LogFileError) {
        let value = JSONValue.object([
            JSONMember("format", .string(Self.format)), JSONMember("heads", .integer(heads)),
            JSONMember("digest", .string(digest.base64)), JSONMember("trust", .string(trust.base64)),
        ])
        try AtomicFile.write(value.bytes() + [0x0A], to: path)
    }
}
