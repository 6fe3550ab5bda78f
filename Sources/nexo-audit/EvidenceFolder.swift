import Auditing
import Foundation
import LogFiles
import ProgramSupport
import TransparencyLog

/// Writes the evidence that an audit made, each file named by the beginning of its hash.
enum EvidenceFolder {
    static func write(_ evidence: [Evidence], to folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for evidence in evidence {
                let path = "\(folder)/\(Digest.sha256(evidence.fileBytes).hex.prefix(16)).json"
                try AtomicFile.write(evidence.fileBytes, to: path)
                Program.say("evidence: \(path)")
            }
        } catch { throw Program.failure("nexo-audit", error, 3) }
    }
}
