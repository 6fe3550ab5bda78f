import ArgumentParser
import Auditing
import Foundation
import LogFiles
import ProgramSupport
import TransparencyLog

struct Report: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a report of an audit that can be filed, and sign it.",
        discussion: """
            The same files, options and version give the same bytes. Exit codes are those of verify: 0 clean, \
            1 violation, 2 usage or configuration, 3 could not check; the report is written in each case but 2.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case json, html, markdown, sarif
    }

    @OptionGroup var options: AuditOptions

    @Option(help: "The form of the report.")
    var format = Format.json

    @Option(help: "The file to write; standard output if left out.")
    var output: String?

    @Option(help: "The report's time, in seconds since 1970; the newest head's if left out.")
    var created: UInt64?

    @Option(help: "The age at which a head is stale: seconds, or a number with s, m, h or d.")
    var maxHeadAge = HeadAge(seconds: ComplianceReport.defaultHeadAge)

    @Option(help: "A file with the base64 of a 32-byte Ed25519 seed: signs the report, in OUTPUT.dsse.json.")
    var sign: String?

    @Flag(help: "Exit with 1 on warnings too.")
    var strict = false

    func validate() throws {
        guard sign == nil || output != nil else { throw ValidationError("--sign needs --output: it signs that file") }
        guard created ?? 0 <= JSONNumber.largestPlainInteger else {
            throw ValidationError("--created is seconds since 1970, not milliseconds or less")
        }
        if options.heads == "-" || options.leaves == "-" {
            throw ValidationError("a report names its inputs by hash, and reads them for that: give files, not -")
        }
    }

    func run() async throws {
        let (trust, bytes) = try Inputs.trustAndBytes(options.trust)
        let key = try sign.map(KeyFile.seed)
        let report: ComplianceReport
        do {
            let run = ReportRun(
                trustInput: InputFile(role: .trust, path: options.trust, contents: bytes),
                audit: options.inputs(trust: trust, now: 0), created: created, maximumHeadAge: maxHeadAge.seconds)
            report = try await run()
        } catch {
            throw Program.failure("nexo-audit", error, 3)
        }
        let text =
            switch format {
            case .json: report.json()
            case .html: report.html()
            case .markdown: report.markdown()
            case .sarif: report.sarif()
            }
        if let output { try write(text, of: report, to: output, key: key) } else { print(text, terminator: "") }
        EvidenceFolder.write(report.audit.evidence, to: options.evidence)
        let code = report.audit.exitCode(strict: strict)
        if code != 0 { throw ExitCode(code) }
    }

    private func write(_ text: String, of report: ComplianceReport, to path: String, key: Ed25519.PrivateKey?) throws {
        do {
            try AtomicFile.write(Array(text.utf8), to: path)
            guard let key else { return }
            let name = URL(fileURLWithPath: path).lastPathComponent
            let envelope = DSSEEnvelope(report.statement(of: Array(text.utf8), name: name), key: key)
            try AtomicFile.write(envelope.bytes, to: path + DSSEEnvelope.fileSuffix)
            Program.say("signed; the public key is \(Base64.encode(key.publicKey))")
        } catch {
            throw Program.failure("nexo-audit", error, 3)
        }
    }
}

/// A span on the command line.
struct HeadAge: ExpressibleByArgument, CustomStringConvertible {
    var seconds: UInt64

    init(seconds: UInt64) { self.seconds = seconds }

    init?(argument: String) {
        let units: [Character: UInt64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        let unit = argument.last.flatMap { units[$0] }
        guard let number = UInt64(unit == nil ? argument : String(argument.dropLast())), number > 0 else { return nil }
        let (seconds, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
        guard !overflow else { return nil }
        self.seconds = seconds
    }

    var description: String { "\(seconds)s" }
    var defaultValueDescription: String { "24h" }
}
