import Logging
import ProgramSupport

extension Systemd {
    /// Tells systemd a line; that it cannot be told is no reason to stop.
    static func tell(_ line: String, _ logger: Logger) async {
        do { try await Systemd().tell([line]) } catch {
            logger.warning("systemd cannot be told", metadata: ["error": "\(error)", "what": "\(line)"])
        }
    }
}
