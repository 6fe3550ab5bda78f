import ArgumentParser
import Auditing
import Foundation
import ProgramSupport
import TransparencyLog

/// What is to be audited: shared by all commands that audit.
struct AuditOptions: ParsableArguments {
    @Option(help: "The trust file that pins the log's dialect, quorum and keys.")
    var trust: String

    @Option(
        help: """
            The published heads: one JSON object a line, oldest first, or a captured answer of /sth/chain; .gz and .zst are \
            decompressed, - is standard input.
            """)
    var heads: String?

    @Option(help: "The registrations, one JSON object a line; without them roots are not recomputed.")
    var leaves: String?

    @Option(help: "A watcher's database to read instead of files; it is never written to.")
    var store: String?

    @Option(help: "The log's name, or log_id, in the watcher's database; the trust file's log by default.")
    var log: String?

    @Option(help: "The first head to judge: a tree size, or a time as 2026-01-31 or 2026-01-31T12:00:00Z.")
    var from: RangeBound?

    @Option(help: "The last head to judge, likewise; a day counts whole.")
    var to: RangeBound?

    @OptionGroup var jobs: JobsOption

    @OptionGroup var verifier: VerifierOption

    @Option(help: "A folder to write evidence to, where heads contradict each other.")
    var evidence: String?

    func validate() throws {
        guard (heads == nil) != (store == nil) else { throw ValidationError("give either --heads or --store") }
        guard log == nil || store != nil else { throw ValidationError("--log names a log in a --store") }
        switch (from?.first, to?.last) {
        case (.treeSize(let first)?, .treeSize(let last)?) where first > last,
            (.time(let first)?, .time(let last)?) where first > last:
            throw ValidationError("--from lies behind --to")
        default: break
        }
        guard heads != "-" || leaves != "-" else { throw ValidationError("only one of --heads and --leaves can be -") }
    }

    /// - Parameter now: the checker's clock, in seconds since 1970.
    func inputs(trust: TrustFile, now: UInt64) -> Audit.Inputs {
        let name = log ?? trust.logID
        var inputs = Audit.Inputs(
            trust: trust, heads: store.map { .store($0, log: name) } ?? .file(heads ?? "-"),
            leaves: leaves.map { .file($0) } ?? store.map { .store($0, log: name) }, now: now, jobs: jobs.count)
        inputs.engine = verifier.engine
        inputs.range = AuditRange(from: from?.first, to: to?.last)
        return inputs
    }
}

/// One end of a range on the command line.
struct RangeBound: ExpressibleByArgument {
    /// As the beginning of a range, and as its end: a day has 86,400 seconds.
    var first: AuditRange.Bound
    var last: AuditRange.Bound

    init?(argument: String) {
        if let size = JSONNumber(lexeme: argument).plainInteger {
            (first, last) = (.treeSize(size), .treeSize(size))
            return
        }
        let isDay = argument.count == 10
        let text = isDay ? argument + "T00:00:00Z" : argument
        let style = Date.ISO8601FormatStyle(timeZone: .gmt)
        // A day that does not exist is read as the one behind it: another period than the one that was asked for.
        guard let date = try? style.parse(text), date.timeIntervalSince1970 >= 0, style.format(date) == text
        else { return nil }
        let time = UInt64(date.timeIntervalSince1970)
        (first, last) = (.time(time), .time(isDay ? time + 86_399 : time))
    }
}
