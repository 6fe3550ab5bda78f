import HostileLog
import Testing
import TransparencyLog

/// What the finding `signature-invalid` says beyond the verdict, which it never changes.
struct SignatureExplanationTests {
    static func found(_ judged: JudgedHead) -> [String] {
        judged.findings.filter { $0.rule == .signatureInvalid }.map(\.found)
    }

    /// Under a key of small order, R = identity and S = 0 verify for every message by ZIP-215.
    @Test func aSignatureOfZIP215Alone() throws {
        let identity = [1] + [UInt8](repeating: 0, count: 31)
        var log = try TestLog.honest(1)
        var cosigners = try log.trust().cosigners
        cosigners[2] = .init(id: "cosigner_2", publicKey: identity)
        let sig = Base64.encode(identity + [UInt8](repeating: 0, count: 32))
        log.register("x")
        let head = try log.publish { $0.signatures = #"[{"cosigner":"cosigner_2","sig":"\#(sig)"}]"# }
        let judged = HeadVerifier(trust: try log.trust(cosigners: cosigners)).verify(head)
        #expect(judged.signers.isEmpty)
        #expect(
            Self.found(judged) == [
                "1 of 1 that does not verify, though it would under ZIP-215: it is valid for the server's library, "
                    + "and invalid by the rule here"
            ])
    }

    /// A signature over another message is valid under no rule, and one that cannot be read is said to be so.
    @Test func aSignatureOfNoRule() throws {
        let other = try #require(TestLog.honest(1).heads[0].signatures[0].bytes)
        var log = try TestLog.honest(1)
        log.register("x")
        let head = try log.publish {
            $0.signatures =
                #"[{"cosigner":0,"sig":"\#(Base64.encode(other))"},{"cosigner":1,"sig":"AA=="}]"#
        }
        let judged = HeadVerifier(trust: try log.trust()).verify(head)
        #expect(
            Self.found(judged) == [
                "1 of 1 that does not verify",
                "1 of 1 that does not verify, since its sig is not the strict base64 of 64 bytes",
            ])
    }

    /// A server that strips the members which it does not know signs another head than the one it serves.
    @Test(arguments: CanonicalJSON.allCases)
    func aSignatureOverTheKnownMembersAlone(dialect: CanonicalJSON) throws {
        let log = try TestLog.honest(2, dialect: dialect)
        let members = try #require(log.heads[1].value.members)
        let verifier = HeadVerifier(trust: try log.trust())
        let served = try SignedTreeHead(.object([JSONMember("version", .integer(1))] + members))
        let judged = verifier.verify(served)
        #expect(judged.signers.isEmpty)
        let found =
            "1 of 1 that does not verify, but does over the known members alone: the server hashed the head without version"
        #expect(Self.found(judged) == [found, found])
        #expect(served.unknownMembers.map(\.description) == ["version"])
        #expect(verifier.verify(log.heads[1]).findings.isEmpty)
    }

    /// Unknown members that were signed are as good as known ones.
    @Test func aSignatureOverUnknownMembersToo() throws {
        let log = try TestLog.honest(1)
        let members = try #require(log.heads[0].value.members).filter { !($0.name == "signatures") }
        let unsigned = JSONValue.object([JSONMember("version", .integer(1))] + members)
        let hash = Digest.sha256(try CanonicalJSON.jcs.encode(unsigned))
        let signatures = log.keys.enumerated().map { index, key in
            JSONValue.object([
                JSONMember("cosigner", .integer(index)),
                JSONMember("sig", .string(Base64.encode(key.signature(for: hash.bytes)))),
            ])
        }
        let head = try SignedTreeHead(
            .object((unsigned.members ?? []) + [JSONMember("signatures", .array(signatures))]))
        let judged = HeadVerifier(trust: try log.trust()).verify(head)
        #expect(judged.signers.count == 3 && judged.findings.isEmpty)
    }
}
