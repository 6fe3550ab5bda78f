public import ArgumentParser
import Foundation

/// How many tasks verify signatures at once, for all commands that verify many.
///
/// The default is worked out where the program runs: argument-parser would write that of the machine on which manual pages
/// are made into them.
public struct JobsOption: ParsableArguments {
    @Option(
        name: .customLong("jobs"), help: "Tasks that verify signatures at once; all cores that it may use by default.")
    var given: Int?

    public init() {}

    public var count: Int { given ?? ProcessInfo.processInfo.activeProcessorCount }

    public func validate() throws {
        if let given, given < 1 { throw ValidationError("--jobs must be at least 1") }
    }
}
