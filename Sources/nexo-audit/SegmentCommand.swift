import ArgumentParser
import Auditing
import LogFiles
import ProgramSupport
import TransparencyLog

struct SegmentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segment",
        abstract: "Judge a range of a chain, and write a small result that `join` makes one report of.",
        discussion: """
            docs/SCALE.md shows how to run many at once. Exit codes: 0 written, whatever was found; 2 usage or \
            configuration; 3 could not be read or written.
            """)

    enum Unit: String, ExpressibleByArgument, CaseIterable {
        case line
        case treeSize = "tree-size"
    }

    @Option(help: "The trust file that pins the log's dialect, quorum and keys.")
    var trust: String

    @Option(help: "The published heads, one JSON object a line, oldest first; .gz and .zst are decompressed.")
    var heads: String

    @Option(help: "The registrations, one JSON object a line; without them roots are not recomputed.")
    var leaves: String?

    @Option(help: "What to judge, both ends included: A..B, A.. or ..B.")
    var range: String

    @Option(help: "What the range counts: lines from 1, or the heads' sizes from 0.")
    var by = Unit.line

    @Option(help: "The checker's clock, in seconds since 1970; the same for all segments of one audit.")
    var now: UInt64

    @Option(help: "Lines before the range that are read too, or `all`; by default enough for any usual log.")
    var context: Context?

    @Option(help: "A segment that ends before this one; the registrations that it read are not hashed again.")
    var after: String?

    @Option(help: "The file to write.")
    var output: String

    @OptionGroup var jobs: JobsOption

    @OptionGroup var verifier: VerifierOption

    func validate() throws {
        guard heads != "-", leaves != "-" else { throw ValidationError("a segment is a part of files: give no -") }
        guard now <= JSONNumber.largestPlainInteger else { throw ValidationError("--now is seconds since 1970") }
        guard SegmentRange.bounds(range) != nil else {
            throw ValidationError("--range is two numbers with two dots between them, as 1..1000, 1001.. or ..1000")
        }
    }

    func run() async throws {
        let trust = try Inputs.trust(trust)
        guard let bounds = SegmentRange.bounds(range) else { throw ExitCode(2) }
        var inputs = Audit.Inputs(trust: trust, heads: heads, leaves: leaves, now: now, jobs: jobs.count)
        inputs.engine = verifier.engine
        do {
            let before = try after.map(JoinCommand.read)
            let segment = try await Audit.segment(
                inputs, range: by == .line ? .lines(bounds) : .sizes(bounds), context: context?.lines, after: before)
            try AtomicFile.write(segment.fileBytes, to: output)
            Program.say(
                "\(output): lines \(segment.lines.lowerBound) to \(segment.lines.upperBound - 1), "
                    + "\(segment.headsChecked) heads, \(segment.findingsCount) findings")
        } catch { throw Program.failure("nexo-audit", error, 3) }
    }
}

/// How many lines, or all of them.
struct Context: ExpressibleByArgument {
    var lines: Int

    init?(argument: String) {
        guard let lines = argument == "all" ? .max : Int(argument), lines >= 0 else { return nil }
        self.lines = lines
    }
}
