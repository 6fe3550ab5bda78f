import ArgumentParser
import Foundation
import ProgramSupport
import TransparencyLog

/// Reads the files that several commands take, with one wording of what is wrong with them.
enum Inputs {
    static func trust(_ path: String) throws -> TrustFile { try trustAndBytes(path).trust }

    /// A report names the very bytes that it was made from.
    static func trustAndBytes(_ path: String) throws -> (trust: TrustFile, bytes: [UInt8]) {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            Program.say("nexo-audit: \(path): cannot be read; give the path of the log's trust file")
            throw ExitCode(2)
        }
        do { return (try TrustFile(json: Array(bytes)), Array(bytes)) } catch {
            Program.say("nexo-audit: \(path): \(error)")
            throw ExitCode(2)
        }
    }
}
