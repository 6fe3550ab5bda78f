import Auditing
import HostileLog
import Testing
import TransparencyLog

struct HistoryTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    func write(_ lines: [String], _ name: String) throws -> String {
        try folder.write(lines.map { $0 + "\n" }.joined(), to: name)
    }

    func history(
        _ id: String, of log: TestLog, leaves: [String]? = nil, heads: [String]? = nil
    ) throws -> History {
        try History.of(
            JSONText(id), leaves: write(leaves ?? log.leafLines, "users.jsonl"),
            heads: (write(heads ?? log.headLines, "sth.jsonl"), log.trust()))
    }

    /// A head after each of user0, user1, user0 again.
    func twice() throws -> TestLog {
        var log = try TestLog.honest(2)
        log.register("user0@test")
        try log.publish()
        return log
    }

    @Test func everyProofVerifies() throws {
        let log = try twice()
        let history = try history("user0@test", of: log)
        #expect(history.entries.map(\.index) == [0, 2] && history.keyChanges == 0)
        #expect(history.exitCode(headsGiven: true) == 0 && history.head?.line == 3)
        for entry in history.entries {
            #expect(entry.proof?.verifies(leaf: entry.leafHash, root: log.heads[2].root) == true)
        }
    }

    /// C17: a later key of an id stands in its history.
    @Test func anotherKeyIsPointedOut() throws {
        let log = try twice()
        var leaves = log.leafLines
        let key = Base64.encode([UInt8](repeating: 7, count: 32))
        leaves[2] = #"{"id":"user0@test","public_key":"\#(key)","timestamp":1}"#
        let history = try History.of(JSONText("user0@test"), leaves: write(leaves, "users.jsonl"))
        #expect(history.findings.map(\.rule) == [.keyChanged] && history.findings.first?.line == 3)
        #expect(history.keyChanges == 1 && history.exitCode(headsGiven: false) == 0)
    }

    /// `é` in one code point and in two: Swift's strings are equal, the ids are not.
    @Test func idsAreComparedAsBytes() throws {
        var log = TestLog()
        log.register("caf\u{E9}")
        log.register("cafe\u{301}")
        try log.publish()
        #expect(try history("caf\u{E9}", of: log).entries.map(\.index) == [0])
        #expect(try history("cafe\u{301}", of: log).entries.map(\.index) == [1])
    }

    @Test func anUnknownIdIsAnError() throws {
        #expect(throws: AskFailure.self) { try history("nobody", of: TestLog.honest(2)) }
    }

    @Test func whatStandsBeforeAMalformedLineIsListed() throws {
        let log = try twice()
        var leaves = log.leafLines
        leaves[1] = "{"
        let history = try history("user0@test", of: log, leaves: leaves)
        #expect(history.entries.map(\.index) == [0] && history.findings.map(\.rule) == [.leafMalformed])
        #expect(history.head?.head.treeSize == 1, "the head of the leaves before the malformed one still proves")
        #expect(history.exitCode(headsGiven: true) == 3)
    }

    /// Neither heads without a quorum nor heads over other leaves prove anything.
    @Test func aHeadThatProvesNothingIsPassedOver() throws {
        var log = try twice()
        try log.publish { $0.signers = [0] }
        try log.publish { $0.root = .sha256([1]) }
        let found = try history("user0@test", of: log)
        #expect(found.head?.line == 3 && found.exitCode(headsGiven: true) == 3)
        #expect(
            found.notChecked.first?.hasSuffix(
                "line 5 is a head of size 3 with a quorum and another root than the registrations give") == true)
        let none = try history("user0@test", of: log, heads: Array(log.headLines.suffix(2)))
        #expect(none.head == nil && none.entries.count == 2 && none.exitCode(headsGiven: true) == 3)
        #expect(
            none.notChecked.first?.hasSuffix(
                "no head to prove against: of 2 heads, 2 have size 1 or more; 1 have another root than the "
                    + "registrations give; 1 have no quorum of the pinned cosigners") == true)
    }

    /// More useless heads than are tried at first.
    @Test func aHeadBehindManyUselessOnesIsFound() throws {
        var log = try twice()
        for _ in 0..<80 { try log.publish { $0.signatures = "[]" } }
        #expect(try history("user0@test", of: log).head?.line == 3)
    }

    /// An older key must not pass for the newest because a later line is missing, or was replaced.
    @Test(arguments: [true, false]) func headsThatTheRegistrationsDoNotGive(isReplaced: Bool) throws {
        let log = try twice()
        var leaves = Array(log.leafLines.prefix(2))
        if isReplaced { leaves.append(log.leafLines[1]) }
        let history = try history("user0@test", of: log, leaves: leaves)
        #expect(history.entries.count == 1 && history.entries.first?.proof != nil)
        let why = isReplaced ? "with a quorum and another root" : "with a quorum, and only 2 registrations are at hand"
        #expect(history.notChecked.first?.contains("line 3 is a head of size 3 \(why)") == true)
        #expect(history.exitCode(headsGiven: true) == 3)
    }

    /// A head that a quorum signed, behind more that nobody did.
    @Test func aHeadBeyondTheRegistrationsBehindManyUselessOnes() throws {
        var log = try twice()
        for index in 0..<80 {
            log.register("more\(index)@test")
            try log.publish { $0.signatures = "[]" }
        }
        let history = try history("user0@test", of: log, leaves: Array(log.leafLines.prefix(2)))
        #expect(history.notChecked.first?.contains("line 3 is a head of size 3 with a quorum") == true)
    }

    @Test func aRegistrationThatNoHeadCoversIsSaid() throws {
        var log = try twice()
        log.register("user0@test")
        let history = try history("user0@test", of: log)
        #expect(history.entries.map { $0.proof == nil } == [false, false, true])
        #expect(history.exitCode(headsGiven: true) == 3)
    }

    @Test func aWrongLeafHashIsAViolation() throws {
        let log = try twice()
        var leaves = log.leafLines
        leaves[0] = leaves[0].replacing(log.registrations[0].leafHash.base64, with: Digest.zero.base64)
        let history = try history("user0@test", of: log, leaves: leaves)
        #expect(history.findings.map(\.rule) == [.leafHashMismatch] && history.exitCode(headsGiven: true) == 1)
    }
}
