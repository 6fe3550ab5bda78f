public import ArgumentParser
import Foundation

/// How many tasks verify signatures at once, for all commands that verify many.
///
/// The default is worked out where the program runs: argument-parser would write that of the machine on which manual pages
/// are made into them.
public struct JobsOption: ParsableArguments {
    /// More than any machine has use for.
    private static let most = 4_096

    @Option(
        name: .customLong("jobs"), help: "Tasks that verify signatures at once; all cores that it may use by default.")
    var given: Int?

    public init() {}

    public var count: Int { given ?? ProcessInfo.processInfo.activeProcessorCount }

    public func validate() throws {
        guard (1...Self.most).contains(given ?? 1) else {
            throw ValidationError("--jobs must be from 1 to \(Self.most)")
        }
    }
}
