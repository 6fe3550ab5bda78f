import Foundation
import HostileLog
import Testing
import TransparencyLog

/// The commands that answer questions: their output as exact strings, and their exit codes.
struct AskProgramTests {
    let folder: ScratchFolder
    let log: TestLog
    let logID: String

    init() throws {
        folder = try ScratchFolder()
        var log = try TestLog.honest(2)
        log.register("user0@test")
        try log.publish()
        self.log = log
        logID = try log.trust().logID
        _ = try folder.write(log.trust().json.bytes(), to: "trust.json")
        _ = try folder.write(TestLog(firstSeed: 60).trust().json.bytes(), to: "other.json")
        _ = try folder.write(log.headLines.map { $0 + "\n" }.joined(), to: "sth.jsonl")
        _ = try folder.write(log.headLines.prefix(2).map { $0 + "\n" }.joined(), to: "old.jsonl")
        _ = try folder.write(log.leafLines.map { $0 + "\n" }.joined(), to: "users.jsonl")
        _ = try folder.write(log.leafLines.map { $0 + "\n" }.joined() + "{", to: "torn.jsonl")
        _ = try folder.write(log.headLines[1], to: "head.json")
        var fork = log.prefix(2)
        fork.register("mallory")
        try fork.publish()
        _ = try folder.write(fork.headLines.map { $0 + "\n" }.joined(), to: "fork.jsonl")
    }

    func audit(_ arguments: String...) async throws -> Program.Result {
        try await Program.run("nexo-audit", arguments, folder: folder.url)
    }

    @Test func history() async throws {
        let result = try await audit(
            "history", "--leaves", "users.jsonl", "--heads", "sth.jsonl", "--trust", "trust.json", "--id", "user0@test")
        #expect(result.code == 0 && result.errors.isEmpty)
        let key = Base64.encode(log.registrations[0].publicKey)
        #expect(
            result.output == """
                "user0@test": 2 registrations, in 3 leaves
                  index 0, from size 1: key \(key), timestamp 1700000000
                    leaf \(log.registrations[0].leafHash)
                    included in size 3, path length 2
                  index 2, from size 3: key \(key), timestamp 1700000002
                    leaf \(log.registrations[2].leafHash)
                    included in size 3, path length 1
                  proved against: size 3, root \(log.heads[2].root), line 3, signed by cosigner_0, cosigner_1

                """)
    }

    @Test func historyAsJSON() async throws {
        let result = try await audit("history", "--leaves", "users.jsonl", "--id", "user1@test", "--json")
        let leaf = log.registrations[1]
        #expect(result.code == 0)
        #expect(
            result.output == #"{"format":"nexo-history/v1","id":"user1@test","leaves_read":3,"key_changes":0,"#
                + #""registrations":[{"index":1,"tree_size":2,"public_key":"\#(Base64.encode(leaf.publicKey))","#
                + #""timestamp":1700000001,"leaf_hash":"\#(leaf.leafHash)","line":2,"#
                + #""byte_offset":\#(log.leafLines[0].utf8.count + 1),"inclusion":null}],"head":null,"findings":[],"#
                + #""not_checked":["inclusion not proved: no heads given"]}"# + "\n")
    }

    @Test func historyOfNobody() async throws {
        let nobody = try await audit("history", "--leaves", "users.jsonl", "--id", "nobody")
        #expect(nobody.code == 3 && nobody.output.isEmpty)
        #expect(
            nobody.errors
                == "nexo-audit: users.jsonl: \"nobody\" is not registered in these 3 leaves; ids are compared byte by byte\n"
        )
        #expect(try await audit("history", "--leaves", "missing", "--id", "x").code == 3)
        #expect(try await audit("history", "--leaves", "users.jsonl", "--id", "x", "--heads", "sth.jsonl").code == 2)
    }

    @Test func historyUpToATornLine() async throws {
        let result = try await audit("history", "--leaves", "torn.jsonl", "--id", "user1@test")
        let start = log.leafLines.reduce(0) { $0 + $1.utf8.count + 1 }
        let leaf = log.registrations[1]
        #expect(result.code == 3)
        #expect(
            result.output == """
                "user1@test": 1 registration, in 3 leaves
                  index 1, from size 2: key \(Base64.encode(leaf.publicKey)), timestamp 1700000001
                    leaf \(leaf.leafHash)
                  not checked: inclusion not proved: no heads given
                  unchecked leaf-malformed line 4 byte \(start): expected a registration; found truncated at byte \
                \(start + 1): a member's name is expected (line 1, column 2, byte 1)

                """)
    }

    @Test func inclusion() async throws {
        let made = try await audit(
            "prove", "inclusion", "--leaves", "users.jsonl", "--heads", "sth.jsonl", "--trust", "trust.json", "--index",
            "0", "--size", "2")
        let key = Base64.encode(log.registrations[0].publicKey)
        #expect(made.code == 0 && made.errors.isEmpty)
        #expect(
            made.output == #"{"format":"nexo-proof/v1","kind":"inclusion","log":\#(try log.trust().json.serialized()),"#
                + #""head":\#(log.headLines[1]),"index":0,"#
                + #""registration":{"id":"user0@test","public_key":"\#(key)","timestamp":1700000000},"#
                + #""path":["\#(log.registrations[1].leafHash)"]}"# + "\n")
        _ = try folder.write(made.output, to: "proof.json")
        let checked = try await audit("check-proof", "proof.json", "--trust", "trust.json")
        #expect(checked.code == 0 && checked.errors.isEmpty)
        #expect(
            checked.output == """
                proved: the registration of "user0@test" with key \(key) and timestamp 1700000000 is the leaf at index \
                0 of the 2 leaves under root \(log.heads[1].root), which cosigner_0, cosigner_1 signed for the log \
                "test", log_id \(logID)

                """)
    }

    @Test func consistency() async throws {
        let made = try await audit(
            "prove", "consistency", "--leaves", "users.jsonl", "--heads", "sth.jsonl", "--trust", "trust.json",
            "--first", "2", "--output", "proof.json")
        #expect(made.code == 0 && made.output.isEmpty && made.errors.isEmpty)
        let checked = try await audit("check-proof", "proof.json", "--trust", "trust.json")
        #expect(checked.code == 0)
        #expect(
            checked.output == """
                proved: the 2 leaves under root \(log.heads[1].root), which cosigner_0, cosigner_1 signed, are the \
                first of the 3 leaves under root \(log.heads[2].root), which cosigner_0, cosigner_1 signed for the log \
                "test", log_id \(logID)

                """)
        let text = try String(contentsOf: folder.url.appending(path: "proof.json"), encoding: .utf8)
        _ = try folder.write(text.replacing(#""path":["#, with: #""path":["\#(Digest.zero)","#), to: "wrong.json")
        let wrong = try await audit("check-proof", "wrong.json", "--trust", "trust.json")
        #expect(wrong.code == 1)
        #expect(
            wrong.output == """
                wrong: the path does not lead from the signed root of size 2 to that of size 3; it proves nothing, for \
                the log or against it

                """)
        let other = try await audit("check-proof", "proof.json", "--trust", "other.json")
        #expect(other.code == 3)
        #expect(
            other.output == "not believed: the proof is about the log \(logID), and the trust file about "
                + "\(try TestLog(firstSeed: 60).trust().logID)\n")
        #expect(try await audit("check-proof", "trust.json", "--trust", "trust.json").code == 3)
        #expect(try await audit("check-proof", "missing.json", "--trust", "trust.json").code == 3)
        #expect(try await audit("check-proof", "proof.json", "--trust", "missing.json").code == 2)
    }

    @Test(
        arguments: [
            (["inclusion", "--index", "9"], 3), (["inclusion", "--id", "nobody"], 3), (["inclusion"], 2),
            (["inclusion", "--index", "1", "--id", "x"], 2), (["inclusion", "--index", "2", "--size", "2"], 2),
            (["consistency", "--first", "0"], 2), (["consistency", "--first", "9"], 3),
            (["consistency", "--first", "3", "--second", "2"], 2),
            (["inclusion", "--index", "0", "--output", "no/such/folder/x"], 3),
        ] as [([String], Int32)])
    func whatCannotBeProved(arguments: [String], code: Int32) async throws {
        let files = ["--leaves", "users.jsonl", "--heads", "sth.jsonl", "--trust", "trust.json"]
        let result = try await Program.run("nexo-audit", ["prove"] + arguments + files, folder: folder.url)
        #expect(result.code == code && result.output.isEmpty && !result.errors.isEmpty)
    }

    @Test func inspect() async throws {
        let result = try await audit("inspect", "head.json", "--trust", "trust.json")
        let head = log.heads[1]
        let previous = try log.heads[0].hash(.jcs).base64
        let rest = #""prev_hash":"\#(previous)","root":"\#(head.root)","timestamp":1700000101,"tree_size":2}"#
        #expect(result.code == 0 && result.errors.isEmpty)
        #expect(
            result.output == """
                head of size 2
                  root       \(head.root)
                  prev_hash  \(previous)
                  timestamp  1700000101, 2023-11-14 22:15:01 UTC
                  policy     {"t":2,"n":3}, as pinned
                canonical form in the dialect jcs, pinned
                  bytes      {"policy":{"n":3,"t":2},\(rest)
                  hash       \(try head.hash(.jcs))
                canonical form in the dialect shallow
                  bytes      {"policy":{},\(rest)
                  hash       \(try head.hash(.shallow))
                signatures: 2
                  cosigner_0: valid
                  cosigner_1: valid
                quorum: yes, 2 of 3 are needed; signed by cosigner_0, cosigner_1

                """)
    }

    @Test func inspectInTheWrongDialect() async throws {
        _ = try folder.write(log.trust(dialect: .shallow).json.bytes(), to: "shallow.json")
        let result = try await audit("inspect", "head.json", "--trust", "shallow.json")
        #expect(result.code == 1)
        let hint =
            #"  cosigner_0: does not verify, but does under the dialect jcs: see "canonical" in the trust file"# + "\n"
        #expect(result.output.contains(hint))
        #expect(result.output.contains("quorum: no, 2 of 3 are needed; signed by none\n"))
    }

    @Test func inspectWhatIsNoHead() async throws {
        let unchecked = try await audit("inspect", "head.json")
        #expect(unchecked.code == 3 && unchecked.output.contains("quorum: not checked"))
        let trust = try await audit("inspect", "trust.json")
        #expect(trust.code == 1)
        #expect(
            trust.errors == "nexo-audit: trust.json: violation head-malformed: expected a signed tree head; "
                + "found tree_size: is missing\n")
        let lines = try await audit("inspect", "sth.jsonl")
        #expect(lines.code == 3)
        let byte = log.headLines[0].utf8.count + 1
        #expect(
            lines.errors == "nexo-audit: sth.jsonl: unexpected bytes after the value (line 2, column 1, byte \(byte)); "
                + "give the JSON of one head and nothing else\n")
        #expect(try await audit("inspect", "-").code == 3)
        #expect(try await audit("inspect", "missing.json").code == 3)
        #expect(try await audit("inspect", "head.json", "--trust", "missing.json").code == 2)
    }

    @Test func diffOfAPrefix() async throws {
        let result = try await audit("diff", "old.jsonl", "sth.jsonl", "--trust", "trust.json")
        #expect(result.code == 0 && result.errors.isEmpty)
        #expect(
            result.output == """
                old.jsonl is the beginning of sth.jsonl
                  in common: 2 heads, the last of size 2, hash \(try log.heads[1].hash(.jcs)) (lines 2 and 2)
                  only in old.jsonl: none
                  only in sth.jsonl: 1 head of size 3

                """)
    }

    @Test func diffOfAFork() async throws {
        let result = try await audit("diff", "sth.jsonl", "fork.jsonl", "--trust", "trust.json", "--evidence", "found")
        #expect(result.code == 1)
        var fork = log.prefix(2)
        fork.register("mallory")
        try fork.publish()
        let (left, right) = (try log.heads[2].hash(.jcs), try fork.heads[2].hash(.jcs))
        let name = String(result.errors.dropFirst("evidence: ".count).dropLast())
        #expect(
            result.output == """
                sth.jsonl and fork.jsonl contradict each other: the log shows two histories
                  in common: 2 heads, the last of size 2, hash \(try log.heads[1].hash(.jcs)) (lines 2 and 2)
                  only in sth.jsonl: 1 head of size 3
                  only in fork.jsonl: 1 head of size 3
                  same-size-different-root: two signed roots of size 3
                    sth.jsonl line 3: size 3, hash \(left)
                    fork.jsonl line 3: size 3, hash \(right)
                    signed both: cosigner_0, cosigner_1

                """)
        #expect(try await audit("evidence", name, "--trust", "trust.json").code == 1)
        // The verdict stands where evidence cannot be written.
        let unwritten = try await audit(
            "diff", "sth.jsonl", "fork.jsonl", "--trust", "trust.json", "--evidence", "head.json")
        #expect(unwritten.code == 1 && !unwritten.output.isEmpty && !unwritten.errors.isEmpty)
        let hint = try await audit("diff", "sth.jsonl", "fork.jsonl", "--trust", "trust.json")
        #expect(hint.code == 1 && hint.errors == "no evidence written: give --evidence DIR\n")
    }

    @Test(
        arguments: [
            (["sth.jsonl", "missing.jsonl", "--trust", "trust.json"], 3),
            (["sth.jsonl", "users.jsonl", "--trust", "trust.json"], 3),
            (["sth.jsonl", "sth.jsonl", "--trust", "missing.json"], 2), (["sth.jsonl", "--trust", "trust.json"], 2),
        ] as [([String], Int32)])
    func whatCannotBeCompared(arguments: [String], code: Int32) async throws {
        #expect(try await Program.run("nexo-audit", ["diff"] + arguments, folder: folder.url).code == code)
    }
}
