import ArgumentParser
import Auditing
import Foundation
import ProgramSupport
import TransparencyLog

struct Inspect: ParsableCommand {
    /// A head has some hundred bytes; more than this is another kind of file.
    private static let maximumBytes = 1 << 20

    static let configuration = CommandConfiguration(
        abstract: "Explain one signed tree head: what is hashed, who signed it, what fails.",
        discussion: """
            Exit codes: 0 a quorum signed it, 1 it breaks a rule, 2 usage or configuration, 3 it is no JSON, or nothing \
            could be checked for want of a trust file. One line of a chain: tail -n 1 sth.jsonl | nexo-audit inspect -
            """)

    @Argument(help: "The file that holds the head's JSON, or - for standard input.")
    var head: String

    @Option(help: "The trust file that pins the log's dialect, quorum and keys; without it no signature is checked.")
    var trust: String?

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func run() throws {
        let trustFile = try trust.map(Inputs.trust)
        let value: JSONValue
        do { value = try JSONReader.parse(read(), maximumBytes: Self.maximumBytes) } catch let error as JSONError {
            Program.say("nexo-audit: \(head): \(error); give the JSON of one head and nothing else")
            throw ExitCode(3)
        }
        let inspection: HeadInspection
        do { inspection = try HeadInspection(value, trust: trustFile) } catch {
            let finding = Finding(.headMalformed, expected: "a signed tree head", found: "\(error)")
            Program.say("nexo-audit: \(head): \(finding.text)")
            throw ExitCode(1)
        }
        print(json ? inspection.json() : inspection.text(), terminator: "")
        if inspection.exitCode != 0 { throw ExitCode(inspection.exitCode) }
    }

    /// Not more than the limit and one byte, so that a wrong file or an endless pipe takes no memory.
    private func read() throws -> [UInt8] {
        do {
            let file =
                head == "-"
                ? FileHandle.standardInput : try FileHandle(forReadingFrom: URL(fileURLWithPath: head))
            var bytes: [UInt8] = []
            while bytes.count <= Self.maximumBytes,
                let part = try file.read(upToCount: Self.maximumBytes + 1 - bytes.count), !part.isEmpty
            {
                bytes += part
            }
            return bytes
        } catch {
            Program.say("nexo-audit: \(head): cannot be read; check the path and its permissions")
            throw ExitCode(3)
        }
    }
}
