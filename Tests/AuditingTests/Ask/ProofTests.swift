import Auditing
import HostileLog
import Testing
import TransparencyLog

struct ProofTests {
    let folder: ScratchFolder
    let log: TestLog

    init() throws {
        folder = try ScratchFolder()
        log = try TestLog.honest(6)
    }

    func prover(heads: [String]? = nil) throws -> Prover {
        Prover(
            leaves: try folder.write(log.leafLines.map { $0 + "\n" }.joined(), to: "users.jsonl"),
            heads: try folder.write((heads ?? log.headLines).map { $0 + "\n" }.joined(), to: "sth.jsonl"),
            trust: try log.trust())
    }

    func isProved(_ proof: ProofFile) throws -> Bool {
        let read = try ProofFile(json: proof.json.bytes())
        #expect(read == proof)
        if case .proved = ProofChecker(trust: try log.trust()).check(read) { return true }
        return false
    }

    @Test func everyInclusionAndConsistencyIsProved() throws {
        let prover = try prover()
        for size in UInt64(1)...6 {
            for index in 0..<size { #expect(try isProved(prover.inclusion(of: .index(index), size: size))) }
            for first in 1...size { #expect(try isProved(prover.consistency(first: first, second: size))) }
        }
        #expect(try isProved(prover.inclusion(of: .id(JSONText("user3@test")))))
        #expect(try isProved(prover.consistency(first: 2)))
    }

    @Test func whatIsNotThereIsNotProved() throws {
        let prover = try prover()
        for leaf in [Prover.Leaf.index(6), .id(JSONText("nobody"))] {
            #expect(throws: AskFailure.self) { try prover.inclusion(of: leaf) }
        }
        #expect(throws: AskFailure.self) { try prover.inclusion(of: .index(1), size: 7) }
        #expect(throws: AskFailure.self) { try prover.inclusion(of: .index(5), size: 2) }
        #expect(throws: AskFailure.self) { try prover.consistency(first: 3, second: 2) }
        #expect(throws: AskFailure.self) { try prover.consistency(first: 9) }
    }

    /// An id's newest registration is meant, and an older one is no stand-in where no head covers the newest.
    @Test func theNewestRegistrationOfAnId() throws {
        var log = log
        log.register("user1@test")
        let files = (
            try folder.write(log.leafLines.map { $0 + "\n" }.joined(), to: "again.jsonl"),
            try folder.write(log.headLines.map { $0 + "\n" }.joined(), to: "sth.jsonl")
        )
        let prover = Prover(leaves: files.0, heads: files.1, trust: try log.trust())
        #expect(throws: AskFailure.self) { try prover.inclusion(of: .id(JSONText("user1@test"))) }
        guard case .inclusion(_, let index, _) = try prover.inclusion(of: .id(JSONText("user1@test")), size: 6).claim
        else {
            Issue.record("no proof of inclusion")
            return
        }
        #expect(index == 1)
    }

    /// Where heads show that registrations are missing, or were replaced, none of those at hand is proved as the newest.
    @Test func theNewestOfWhatIsNotAllThere() throws {
        let short = try folder.write(log.leafLines.prefix(4).map { $0 + "\n" }.joined(), to: "short.jsonl")
        let heads = try folder.write(log.headLines.map { $0 + "\n" }.joined(), to: "sth.jsonl")
        let prover = Prover(leaves: short, heads: heads, trust: try log.trust())
        let id = Prover.Leaf.id(JSONText("user1@test"))
        let why = "line 6 is a head of size 6 with a quorum, and only 4 registrations are at hand"
        for ask in [{ try prover.inclusion(of: id) }, { try prover.consistency(first: 2) }] {
            let failure = #expect(throws: AskFailure.self) { try ask() }
            #expect("\(try #require(failure))".contains(why))
        }
        #expect(try isProved(prover.inclusion(of: id, size: 4)))
        #expect(try isProved(prover.inclusion(of: .index(1))))
        #expect(try isProved(prover.consistency(first: 2, second: 4)))
    }

    @Test func headsWithoutAQuorumProveNothing() throws {
        var other = TestLog()
        other.register("user0@test")
        try other.publish { $0.signers = [1] }
        let prover = try prover(heads: other.headLines)
        #expect(throws: AskFailure.self) { try prover.inclusion(of: .index(0)) }
    }

    @Test func aWrongPathIsWrongAndAnotherLogIsNotBelieved() throws {
        let proof = try prover().inclusion(of: .index(2), size: 5)
        let checker = ProofChecker(trust: try log.trust())
        for path in [[], Array(proof.path.dropLast()), proof.path + [.zero], proof.path.reversed()] {
            guard case .wrong = checker.check(ProofFile(log: proof.log, claim: proof.claim, path: path)) else {
                Issue.record("\(path.count) hashes")
                continue
            }
        }
        guard case .notBelieved = ProofChecker(trust: try TestLog(firstSeed: 60).trust()).check(proof) else {
            Issue.record("another log's trust file")
            return
        }
    }

    @Test func headsThatContradictEachOtherProveNothing() throws {
        var other = try TestLog.honest(2)
        try other.publish { $0.root = .sha256([1]) }
        let proof = ProofFile(
            log: try log.trust(),
            claim: .consistency(first: other.heads[1].value, second: other.heads[2].value), path: [])
        guard case .wrong(let reason) = ProofChecker(trust: try log.trust()).check(proof) else {
            Issue.record("believed")
            return
        }
        #expect(reason.contains("contradict each other"))
    }

    /// Every bit of every byte, flipped: no other claim is ever proved, and nothing crashes.
    @Test(arguments: [true, false]) func everyFlippedBit(isInclusion: Bool) throws {
        let prover = try prover()
        let proof =
            isInclusion ? try prover.inclusion(of: .index(1), size: 3) : try prover.consistency(first: 2, second: 3)
        let bytes = proof.json.bytes()
        let checker = ProofChecker(trust: try log.trust())
        let honest = checker.check(proof)
        guard case .proved = honest else {
            Issue.record("\(honest)")
            return
        }
        var harmless = 0
        for offset in bytes.indices {
            for bit in 0..<8 {
                var flipped = bytes
                flipped[offset] ^= 1 << UInt8(bit)
                guard let read = try? ProofFile(json: flipped) else { continue }
                let verdict = checker.check(read)
                guard case .proved = verdict else { continue }
                #expect(verdict == honest, "byte \(offset), bit \(bit)")
                harmless += 1
            }
        }
        // The trust file inside is asked for the log's identity alone: its name, dialect and windows may be anything.
        #expect(harmless < bytes.count)
        for end in bytes.indices {
            #expect(throws: ProofFile.Malformed.self) { try ProofFile(json: Array(bytes[..<end])) }
        }
    }
}
