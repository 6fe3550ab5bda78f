import ArgumentParser
import Auditing
import Foundation
import LogFiles
import ProgramSupport

struct CheckReport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-report",
        abstract: "Check that a report is the one that was signed, and rests on the files at hand.",
        discussion: """
            Exit codes: 0 everything fits, 1 something was changed or is not signed by this key, 2 usage or \
            configuration, 3 a file cannot be read. It says nothing of the report's verdict but what was signed.
            """)

    @Argument(help: "The report, in any form.")
    var report: String

    @Option(help: "The envelope; REPORT.dsse.json if left out.")
    var envelope: String?

    @Option(help: "A file with the base64 of the 32-byte Ed25519 public key that you trust.")
    var key: String

    @Option(help: "The trust file, to compare with the signed hash.")
    var trust: String?

    @Option(help: "The heads, to compare with the signed hash.")
    var heads: String?

    @Option(help: "The registrations, to compare with the signed hash.")
    var leaves: String?

    func run() throws {
        let publicKey = try KeyFile.publicKey(key)
        let envelopeBytes = try contents(envelope ?? report + DSSEEnvelope.fileSuffix)
        let reportBytes = try contents(report)
        let given: [(InputFile.Role, String?)] = [(.trust, trust), (.heads, heads), (.leaves, leaves)]
        var checked = ["signature", "report"]
        do {
            let check = try ReportCheck(envelope: envelopeBytes, publicKey: publicKey)
            try check.check(report: reportBytes)
            for (role, path) in given {
                guard let path else { continue }
                try check.check(try InputFile(role: role, path: path))
                checked.append(role.rawValue)
            }
            print("the report is as it was signed: verdict \(check.verdict)")
            print("  checked: \(checked.joined(separator: ", "))")
            let rest = given.filter { $0.1 == nil }.map(\.0.rawValue)
            if !rest.isEmpty { print("  not checked, since not given: \(rest.joined(separator: ", "))") }
        } catch let error as LogFileError {
            throw Program.failure("nexo-audit", error, 3)
        } catch {
            throw Program.failure("nexo-audit", error, 1)
        }
    }

    private func contents(_ path: String) throws -> [UInt8] {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            Program.say("nexo-audit: \(path): cannot be read; check the path and its permissions")
            throw ExitCode(3)
        }
        return Array(bytes)
    }
}
