import Foundation
import TransparencyLog

extension WatchConfiguration {
    /// The logs with their trust files read.
    public func watchedLogs() throws -> [WatchedLog] {
        let watched = try logs.map { log in
            guard let bytes = FileManager.default.contents(atPath: log.trust) else {
                throw ConfigurationFile.Invalid(
                    description: "log \(log.name): the trust file \(log.trust) cannot be read; check its path")
            }
            do { return WatchedLog(log, self, trust: try TrustFile(json: Array(bytes))) } catch {
                throw ConfigurationFile.Invalid(description: "log \(log.name): \(log.trust): \(error)")
            }
        }
        // State is kept by log_id: two entries for one log would move each other's position.
        for (index, log) in watched.enumerated() {
            if let other = watched[..<index].first(where: { $0.logID == log.logID }) {
                throw ConfigurationFile.Invalid(
                    description: "logs \(other.name) and \(log.name) are one log (log_id \(log.logID)); keep one entry")
            }
        }
        return watched
    }

    /// Files of registrations that are not there, which stops nothing: the log may write them later.
    public var missingLeaves: [String] {
        logs.compactMap { log in
            guard let path = log.leaves, path.hasPrefix("/"), !FileManager.default.fileExists(atPath: path) else {
                return nil
            }
            return "\(log.name): leaves: \(path) is not there; give a path, a URL, or \(Log.tiles)"
        }
    }
}
