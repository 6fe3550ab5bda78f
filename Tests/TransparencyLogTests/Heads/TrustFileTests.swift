import HostileLog
import Testing
import TransparencyLog

struct TrustFileTests {
    static let key = Base64.encode(Digest.sha256([1]).bytes)
    static let other = Base64.encode(Digest.sha256([2]).bytes)

    static func json(
        format: String = "nexo-trust/v1", canonical: String = "jcs", policy: String = #"{"t":1,"n":2}"#,
        cosigners: String? = nil
    ) -> [UInt8] {
        let entries =
            cosigners ?? #"{"id":"cosigner_0","public_key":"\#(key)"},{"id":"cosigner_1","public_key":"\#(other)"}"#
        return Array(
            #"{"format":"\#(format)","name":"x","canonical":"\#(canonical)","policy":\#(policy),"cosigners":[\#(entries)]}"#
                .utf8)
    }

    @Test func aTrustFileIsReadAndWritten() throws {
        let trust = try TrustFile(json: Self.json())
        #expect(trust.cosigners.map(\.id) == ["cosigner_0", "cosigner_1"])
        let again = try TrustFile(json: trust.json.bytes())
        #expect(again == trust)
    }

    @Test(arguments: [
        (json(format: "x"), "format"), (json(canonical: "x"), "canonical"), (json(policy: "{}"), "policy"),
        (json(policy: #"{"t":0,"n":2}"#), "policy"), (json(policy: #"{"t":3,"n":2}"#), "policy"),
        (json(policy: #"{"t":1,"n":1}"#), "cosigners"), (json(policy: #"{"t":3,"n":3}"#), "cosigners"),
        (json(cosigners: #"{"id":"cosigner_0","public_key":"AA=="}"#), "cosigners[0].public_key"),
        (
            json(cosigners: #"{"id":"a","public_key":"\#(key)"},{"id":"b","public_key":"\#(key)"}"#),
            "cosigners: a shares its key"
        ),
        (
            json(
                cosigners: #"{"id":"a","public_key":"\#(key)","until_tre_size":5},{"id":"b","public_key":"\#(other)"}"#),
            "cosigners[0]: unknown member"
        ),
        (
            json(cosigners: #"{"id":"a","public_key":"\#(key)"},{"id":"a","public_key":"\#(other)"}"#),
            "cosigners: two windows of a"
        ),
        (
            json(
                cosigners: #"{"id":"a","public_key":"\#(key)","from_tree_size":6,"until_tree_size":5},"#
                    + #"{"id":"b","public_key":"\#(other)"}"#),
            "cosigners: a window of a ends"
        ),
        (Array("{".utf8), "not JSON"),
    ])
    func whatCannotBeUsedSaysWhy(json: [UInt8], reason: String) throws {
        let error = try #require(throws: TrustFile.Invalid.self) { try TrustFile(json: json) }
        #expect(error.description.hasPrefix(reason))
    }

    /// A key from elsewhere than JSON is as long as one from there.
    @Test(arguments: [0, 31, 33]) func aKeyHas32Bytes(count: Int) throws {
        let error = try #require(throws: TrustFile.Invalid.self) {
            try TrustFile(
                name: "x", canonical: .jcs, policy: .init(t: 1, n: 1),
                cosigners: [.init(id: "a", publicKey: [UInt8](repeating: 1, count: count))])
        }
        #expect(error.description == "cosigners: the key of a must have 32 bytes")
    }

    /// Both usual ways to write a rotation leave no size without a key, and none with two.
    @Test(arguments: [UInt64(10), 11])
    func windowsOfKeys(next: UInt64) throws {
        let (old, new) = (Digest.sha256([1]).bytes, Digest.sha256([2]).bytes)
        let trust = try TrustFile(
            name: "x", canonical: .jcs, policy: .init(t: 1, n: 1),
            cosigners: [
                .init(id: "a", publicKey: old, untilTreeSize: 10), .init(id: "a", publicKey: new, fromTreeSize: next),
            ])
        #expect(trust.keys(at: 9).map(\.publicKey) == [old])
        #expect(trust.keys(at: 10).map(\.publicKey) == [next == 10 ? new : old])
        #expect(trust.keys(at: 11).map(\.publicKey) == [new])
    }

    /// C8: the identity survives a rotation, whatever the order of the file.
    @Test func identitySurvivesRotation() throws {
        let before = try TestLog().trust()
        let rotated = TrustFile.Cosigner(id: "cosigner_0", publicKey: Digest.sha256([9]).bytes, fromTreeSize: 50)
        let after = try TrustFile(
            name: "moved", canonical: .shallow, policy: before.policy,
            cosigners: [rotated] + before.cosigners.reversed())
        #expect(after.logID == before.logID)
        #expect(try TestLog(firstSeed: 60).trust().logID != before.logID)
    }

    /// A stranger's evidence brings a trust file: one with so many keys that comparing them takes hours is refused.
    @Test func keysAreBounded() throws {
        func trust(_ count: Int) throws -> TrustFile {
            try TrustFile(
                name: "x", canonical: .jcs, policy: .init(t: 1, n: UInt64(count)),
                cosigners: (0..<count).map { .init(id: "c\($0)", publicKey: Digest.sha256(Array("\($0)".utf8)).bytes) })
        }
        let largest = try trust(TrustFile.maximumCosigners)
        #expect(largest.cosigners.count == 1_000)
        let error = #expect(throws: TrustFile.Invalid.self) { try trust(TrustFile.maximumCosigners + 1) }
        #expect(error?.description == "cosigners: 1001 entries are more than 1000")
    }
}
