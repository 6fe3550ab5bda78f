import Foundation
import ProgramSupport

/// The server's settings: from the environment, and its secrets from systemd's credentials as well.
enum ServerEnvironment {
    static let secrets =
        (0..<3).flatMap { index in ["SK", "NEXT_SK", "TOKEN"].map { "COSIGNER_\(index)_\($0)" } }
        + ["COSIGNER_SK", "COSIGN_TOKEN"]

    static func read() throws(Credentials.Unreadable) -> [String: String] {
        try Credentials.completing(ProcessInfo.processInfo.environment, names: secrets)
    }
}
