import Auditing
import HostileLog
import Testing
import TransparencyLog

struct HeadInspectionTests {
    @Test(arguments: CanonicalJSON.allCases) func aSoundHead(dialect: CanonicalJSON) throws {
        let log = try TestLog.honest(2, dialect: dialect)
        let inspection = try HeadInspection(log.heads[1].value, trust: log.trust())
        #expect(inspection.signatures.map(\.verdict) == [.valid, .valid])
        #expect(inspection.signers == ["cosigner_0", "cosigner_1"] && inspection.hasQuorum == true)
        #expect(inspection.exitCode == 0)
        for form in inspection.canonical { #expect(try form.hash == log.heads[1].hash(form.dialect)) }
    }

    @Test(arguments: CanonicalJSON.allCases) func theOtherDialectIsHinted(dialect: CanonicalJSON) throws {
        let log = try TestLog.honest(1, dialect: dialect)
        let other: CanonicalJSON = dialect == .jcs ? .shallow : .jcs
        let inspection = try HeadInspection(log.heads[0].value, trust: log.trust(dialect: other))
        #expect(inspection.signatures.map(\.verdict) == [.validOnly(dialect), .validOnly(dialect)])
        #expect(inspection.hasQuorum == false && inspection.exitCode == 1)
        #expect(inspection.findings.map(\.rule).contains(.quorumNotMet))
    }

    @Test func eachSignatureIsExplained() throws {
        let log = try TestLog.honest(1)
        let entries = [
            #"{"cosigner":0,"sig":"AA=="}"#,
            #"{"cosigner":"x","sig":"\#(Base64.encode([UInt8](repeating: 1, count: 64)))"}"#,
            #"{"cosigner":"cosigner_1","sig":"\#(Base64.encode([UInt8](repeating: 1, count: 64)))"}"#, "7",
        ]
        var lies = TestLog.Lies()
        lies.signatures = "[\(entries.joined(separator: ","))]"
        let value = try JSONReader.parse(Array(log.text(lies).utf8))
        let inspection = try HeadInspection(value, trust: log.trust())
        #expect(inspection.signatures.map(\.verdict) == [.unreadable, .unknownCosigner, .invalid, .unreadable])
        let windows = try log.trust(
            cosigners: log.keys.enumerated().map {
                .init(id: "cosigner_\($0)", publicKey: $1.publicKey, fromTreeSize: $0 == 1 ? 5 : 0)
            })
        #expect(try HeadInspection(log.heads[0].value, trust: windows).signatures[1].verdict == .outsideWindows)
        #expect(try HeadInspection(log.heads[0].value, trust: nil).signatures[1].verdict == .notChecked)
    }

    @Test func manySignaturesAreBounded() throws {
        var lies = TestLog.Lies()
        lies.signatures = "[\((0..<1_000).map { _ in "{}" }.joined(separator: ","))]"
        let log = TestLog()
        let inspection = try HeadInspection(JSONReader.parse(Array(log.text(lies).utf8)), trust: log.trust())
        #expect(inspection.signatures.count == 64)
        #expect(inspection.text().contains("  and 936 more, not shown\n"))
    }

    @Test func aNumberWithoutCanonicalForm() throws {
        let log = try TestLog.honest(1)
        let text = log.headLines[0].replacing(#"{"tree_size""#, with: #"{"x":1e999,"tree_size""#)
        let inspection = try HeadInspection(JSONReader.parse(Array(text.utf8)), trust: log.trust())
        #expect(inspection.canonical.map { $0.hash == nil } == [true, true])
        #expect(inspection.findings.map(\.rule).contains(.headMalformed) && inspection.exitCode == 1)
    }

    @Test func theJSONForm() throws {
        let log = try TestLog.honest(1)
        let json = try JSONReader.parse(Array(HeadInspection(log.heads[0].value, trust: log.trust()).json().utf8))
        #expect(json["format"]?.text?.description == "nexo-inspect/v1")
        let hash = json["canonical"]?["jcs"]?["hash"]?.text?.description
        #expect(try hash == log.heads[0].hash(.jcs).base64)
        #expect(json["canonical"]?["jcs"]?["bytes"]?.text?.utf8 == (try log.heads[0].canonicalBytes(.jcs)))
        #expect(json["signatures"]?.elements?.first?["verdict"]?.text?.description == "valid")
        #expect(json["quorum"] == .bool(true))
    }
}
