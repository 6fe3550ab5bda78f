import ArgumentParser
import Auditing
import Foundation
import LogFiles
import ProgramSupport
import TransparencyLog

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verify a chain of signed tree heads, and its roots where the registrations are given.")

    @Option(help: "The trust file that pins the log's dialect, quorum and keys.")
    var trust: String

    @Option(help: "The published heads, one JSON object a line, oldest first.")
    var heads: String

    @Option(help: "The registrations, one JSON object a line; without them roots are not recomputed.")
    var leaves: String?

    @Flag(help: "Print the report as JSON.")
    var json = false

    @Flag(help: "Exit with 1 on warnings too.")
    var strict = false

    @Option(help: "Tasks that verify signatures at once; all cores by default.")
    var jobs = ProcessInfo.processInfo.activeProcessorCount

    func validate() throws {
        guard jobs > 0 else { throw ValidationError("--jobs must be at least 1") }
    }

    func run() async throws {
        let trustFile = try Inputs.trust(trust)
        let report: AuditReport
        do {
            report = try await Audit.run(
                .init(
                    trust: trustFile, heads: heads, leaves: leaves, now: UInt64(max(Date().timeIntervalSince1970, 0)),
                    jobs: jobs))
        } catch {
            Program.say("nexo-audit: \(error)")
            throw ExitCode(3)
        }
        print(json ? report.json() : report.text(), terminator: "")
        let code = report.exitCode(strict: strict)
        if code != 0 { throw ExitCode(code) }
    }
}
