import Auditing
import Foundation
import HostileLog
import LogFiles
import Testing
import TransparencyLog

/// No byte of a chain, of the registrations or of evidence is changed or cut off unseen: it is found, or what the file
/// says is shown to be the same. A warning is a finding, too.
struct TamperTests {
    /// What signatures cover of a head, and whose hold: a file that reads the same in this says the same.
    private struct Essence: Hashable {
        let canonical: [UInt8]
        let signers: Set<String>
    }

    private static let masks: [UInt8] = [0x01, 0x20]

    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// Two signatures are a quorum; one head has three, so that one of them can be spoiled beside a full quorum.
    private static func chain(_ dialect: CanonicalJSON) throws -> TestLog {
        var log = TestLog(dialect: dialect)
        for index in 0..<5 {
            log.register("user\(index)@test")
            try log.publish { if index == 2 { $0.signers = [0, 1, 2] } }
        }
        return log
    }

    private static func file(_ lines: [String]) -> [UInt8] { lines.flatMap { Array("\($0)\n".utf8) } }

    private static func lines(_ file: [UInt8]) -> [ArraySlice<UInt8>] { file.split(separator: UInt8(ascii: "\n")) }

    private func audit(_ trust: TrustFile, heads: [UInt8], leaves: [UInt8]? = nil) async throws -> AuditReport {
        try await Audit.run(
            .init(
                trust: trust, heads: folder.write(heads, to: "sth.jsonl"),
                leaves: leaves.map { try folder.write($0, to: "users.jsonl") }, now: 1_800_000_000, jobs: 1))
    }

    /// The report in which a tampered file looks as honest as the honest one; nil if something was found, be it only
    /// that the input cannot be read at all.
    private func auditUnseen(
        _ trust: TrustFile, heads: [UInt8], leaves: [UInt8]? = nil, like honest: AuditReport
    ) async throws -> AuditReport? {
        let report: AuditReport
        do { report = try await audit(trust, heads: heads, leaves: leaves) } catch is LogFileError { return nil }
        return report.verdict == .clean && report.counts == honest.counts ? report : nil
    }

    /// Nil unless every line is a head with a canonical form.
    private static func essences(_ file: [UInt8], _ trust: TrustFile) -> [Essence]? {
        let verifier = HeadVerifier(trust: trust)
        return try? lines(file).map { line in
            let head = try SignedTreeHead(JSONReader.parse(Array(line)))
            return Essence(
                canonical: try head.canonicalBytes(trust.canonical), signers: verifier.verify(head).signers)
        }
    }

    /// Nil unless every line is a registration.
    private static func registrations(_ file: [UInt8]) -> [Registration]? {
        try? lines(file).map { try Registration(JSONReader.parse(Array($0))) }
    }

    // MARK: Heads

    /// Without the registrations, so that no root helps to find it.
    @Test(arguments: [(CanonicalJSON.jcs, UInt8(0x01)), (.jcs, 0x20), (.shallow, 0x01)])
    func everyByteOfTheHeadsCounts(dialect: CanonicalJSON, mask: UInt8) async throws {
        let log = try Self.chain(dialect)
        let trust = try log.trust()
        var heads = Self.file(log.headLines)
        let honest = try await audit(trust, heads: heads)
        #expect(honest.verdict == .clean && honest.headsChecked == 5)
        for index in heads.indices {
            heads[index] ^= mask
            let unseen = try await auditUnseen(trust, heads: heads, like: honest) != nil
            #expect(!unseen, "byte \(index) is changed unseen")
            heads[index] ^= mask
        }
    }

    /// A chain cut between two heads is a shorter honest chain: the report says how far it reaches.
    @Test func everyCutOfTheHeadsCounts() async throws {
        let log = try Self.chain(.jcs)
        let trust = try log.trust()
        let heads = Self.file(log.headLines)
        let honest = try await audit(trust, heads: heads)
        let essences = try #require(Self.essences(heads, trust))
        for length in heads.indices {
            let cut = Array(heads[..<length])
            guard let report = try await auditUnseen(trust, heads: cut, like: honest) else { continue }
            let left = try #require(Self.essences(cut, trust), "cut at \(length) is unseen")
            #expect(left == Array(essences.prefix(left.count)), "cut at \(length) is unseen")
            #expect(report.headsChecked == left.count)
            #expect(report.coverage.lastSize == UInt64(left.count))
        }
    }

    // MARK: Registrations

    private static func registered() throws -> TestLog {
        var log = TestLog()
        for index in 0..<5 {
            log.register("user\(index)@test")
            if index == 1 || index == 4 { try log.publish() }
        }
        return log
    }

    /// What no root covers may change: the member leaf_hash is a claim, and its name and whether it can be read are
    /// no part of a registration.
    @Test(arguments: masks)
    func everyByteOfTheRegistrationsCounts(mask: UInt8) async throws {
        let log = try Self.registered()
        let trust = try log.trust()
        let heads = Self.file(log.headLines)
        var leaves = Self.file(log.leafLines)
        let honest = try await audit(trust, heads: heads, leaves: leaves)
        #expect(honest.verdict == .clean && honest.rootsChecked == 2 && honest.counts.isEmpty)
        for index in leaves.indices {
            leaves[index] ^= mask
            if try await auditUnseen(trust, heads: heads, leaves: leaves, like: honest) != nil {
                #expect(Self.registrations(leaves) == log.registrations, "byte \(index) is changed unseen")
            }
            leaves[index] ^= mask
        }
    }

    @Test func everyCutOfTheRegistrationsCounts() async throws {
        let log = try Self.registered()
        let trust = try log.trust()
        let heads = Self.file(log.headLines)
        let leaves = Self.file(log.leafLines)
        let honest = try await audit(trust, heads: heads, leaves: leaves)
        #expect(honest.verdict == .clean)
        for length in leaves.indices {
            let cut = Array(leaves[..<length])
            if try await auditUnseen(trust, heads: heads, leaves: cut, like: honest) != nil {
                #expect(Self.registrations(cut) == log.registrations, "cut at \(length) is unseen")
            }
        }
    }

    // MARK: Evidence

    /// Two heads that contradict each other, for each kind that can be proved.
    private static func evidence(_ kind: Evidence.Kind) throws -> Evidence? {
        var log = try chain(.jcs)
        var leaves: [Digest]?
        switch kind {
        case .sameSizeDifferentRoot: try log.publish { $0.root = .sha256([1]) }
        case .branch:
            let parent = try log.heads[3].hash(log.dialect).base64
            log.register("x")
            try log.publish { $0.previous = parent }
        case .inconsistent:
            try log.publish { $0.root = .sha256([1]) }
            log.register("x")
            try log.publish()
            leaves = log.registrations.map(\.leafHash)
        case .linkBroken:
            log.register("x")
            try log.publish { $0.previous = "" }
        case .rootMismatch: return nil
        }
        return Evidence(
            kind: kind, log: try log.trust(),
            heads: log.heads.suffix(2).map { .init(head: $0.value, observed: [.init(from: "a", at: 1_700_000_000)]) },
            leaves: leaves, equivocating: ["cosigner_0", "cosigner_1"], created: 1_700_000_000, tool: "test")
    }

    /// What is said about who saw what and when may change, and one signature more or less under what is proved; never
    /// is something else proved, or somebody else accused.
    @Test(
        arguments: [
            (Evidence.Kind.sameSizeDifferentRoot, UInt8(0x01)), (.sameSizeDifferentRoot, 0x20), (.branch, 0x01),
            (.inconsistent, 0x01), (.inconsistent, 0x20), (.linkBroken, 0x20),
        ])
    func everyByteOfEvidenceCounts(kind: Evidence.Kind, mask: UInt8) throws {
        let evidence = try #require(try Self.evidence(kind))
        let checker = EvidenceChecker(trust: evidence.log)
        #expect(checker.check(evidence) == .proved(kind: kind, equivocating: ["cosigner_0", "cosigner_1"]))
        var file = evidence.json.bytes()
        for index in file.indices {
            file[index] ^= mask
            defer { file[index] ^= mask }
            guard let read = try? Evidence(json: file) else { continue }
            switch checker.check(read) {
            case .notBelieved: continue
            case .agree:
                // Leaves that hash to no signed root bind nothing, and without them two heads of two sizes agree.
                #expect(kind == .inconsistent && read.leaves != evidence.leaves, "byte \(index)")
                #expect(try Self.canonical(read) == Self.canonical(evidence), "byte \(index)")
            case .proved(let proved, let accused):
                #expect(proved == kind, "byte \(index)")
                #expect(!accused.isEmpty && Set(accused).isSubset(of: evidence.equivocating), "byte \(index)")
                #expect(try Self.canonical(read) == Self.canonical(evidence), "byte \(index)")
                #expect(read.leaves == evidence.leaves, "byte \(index)")
            }
        }
    }

    @Test(arguments: [Evidence.Kind.sameSizeDifferentRoot, .branch, .inconsistent, .linkBroken])
    func everyCutOfEvidenceCounts(kind: Evidence.Kind) throws {
        let file = try #require(try Self.evidence(kind)).json.bytes()
        for length in file.indices {
            #expect(throws: Evidence.Malformed.self) { try Evidence(json: Array(file[..<length])) }
        }
    }

    private static func canonical(_ evidence: Evidence) throws -> [[UInt8]] {
        try evidence.heads.map { try SignedTreeHead($0.head).canonicalBytes(evidence.log.canonical) }
    }
}
