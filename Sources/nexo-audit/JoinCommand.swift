import ArgumentParser
import Auditing
import Foundation
import ProgramSupport

struct JoinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Make the report of one audit from the segments of a chain.",
        discussion: """
            The report and the exit code are those of verify over the whole files. Segments are believed: they come from \
            machines of your own.
            """)

    @Argument(help: "The segments, in any order; together they must have each line of the heads once.")
    var files: [String]

    @Option(help: "A folder to write evidence to, where heads contradict each other.")
    var evidence: String?

    @Flag(help: "Print the report as JSON.")
    var json = false

    @Flag(help: "Exit with 1 on warnings too.")
    var strict = false

    @Flag(help: "Print nothing but errors; the exit code tells.")
    var quiet = false

    func run() throws {
        let report: AuditReport
        do { report = try SegmentJoin.report(of: files.map(Self.read)) } catch {
            throw Program.failure("nexo-audit", error, 3)
        }
        if !quiet { ReportText.show(report, json: json) }
        if !quiet || evidence != nil { EvidenceFolder.write(report.evidence, to: evidence) }
        let code = report.exitCode(strict: strict)
        if code != 0 { throw ExitCode(code) }
    }

    static func read(_ path: String) throws -> Segment {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw Unreadable(description: "\(path): cannot be read; give the path of a segment")
        }
        do { return try Segment(json: Array(bytes)) } catch { throw Unreadable(description: "\(path): \(error)") }
    }

    private struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }
}
