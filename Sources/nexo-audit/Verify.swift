import ArgumentParser
import Auditing
import Foundation
import LogFiles
import ProgramSupport

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verify a chain of signed tree heads, and its roots where the registrations are given.")

    @OptionGroup var options: AuditOptions

    @Flag(help: "Print the report as JSON.")
    var json = false

    @Flag(help: "Exit with 1 on warnings too.")
    var strict = false

    @Flag(help: "Print nothing but errors; the exit code tells.")
    var quiet = false

    func run() async throws {
        let trust = try Inputs.trust(options.trust)
        let progress: ProgressLine? = quiet ? nil : ProgressLine(heads: options.heads, leaves: options.leaves)
        var inputs = options.inputs(trust: trust, now: UInt64(max(Date().timeIntervalSince1970, 0)))
        if let progress { inputs.onProgress = { progress.show($0) } }
        let report: AuditReport
        do { report = try await Audit.run(inputs) } catch {
            progress?.clear()
            throw Program.failure("nexo-audit", error, 3)
        }
        progress?.clear()
        if !quiet { ReportText.show(report, json: json) }
        if !quiet || options.evidence != nil { EvidenceFolder.write(report.evidence, to: options.evidence) }
        let code = report.exitCode(strict: strict)
        if code != 0 { throw ExitCode(code) }
    }
}
