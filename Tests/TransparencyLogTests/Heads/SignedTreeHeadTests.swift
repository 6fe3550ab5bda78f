import HostileLog
import Testing

@testable import TransparencyLog

@Suite struct SignedTreeHeadTests {
    /// Entries of two bytes take over a hundred times as much once they are read; in a peer's evidence they would be millions.
    @Test(arguments: [
        #"{"cosigner":"cosigner_7","sig":"\#(String(repeating: "A", count: 86))=="}"#, "0", #"{"cosigner":1}"#,
    ])
    func moreSignaturesThanAnyPolicyHas(entry: String) throws {
        func head(_ count: Int) throws -> SignedTreeHead {
            var log = try TestLog.honest(1)
            try log.publish { $0.signatures = "[\([String](repeating: entry, count: count).joined(separator: ","))]" }
            return try SignedTreeHead(json: Array(#require(log.headLines.last).utf8), maximumBytes: 1 << 20)
        }
        #expect(try head(SignedTreeHead.maximumSignatures).signatures.count == 1_024)
        #expect(
            throws: SignedTreeHead.Malformed(
                member: "signatures", reason: "must have at most 1024 entries, not 1025")
        ) { try head(SignedTreeHead.maximumSignatures + 1) }
    }
}
