import Auditing
import Foundation
import LogFiles
import ProgramSupport
import TransparencyLog

/// Writes the evidence that a command made, each file named by the beginning of its hash.
enum EvidenceFolder {
    /// What was judged stands, and has been told, whether evidence can be written or not: so this only says.
    static func write(_ evidence: [Evidence], to folder: String?) {
        guard !evidence.isEmpty else { return }
        guard let folder else { return Program.say("no evidence written: give --evidence DIR") }
        do {
            try DurableFolder.make(folder)
        } catch {
            return Program.say("nexo-audit: \(folder): cannot be made; check the path and its permissions")
        }
        for evidence in evidence {
            let bytes = evidence.fileBytes
            let path = "\(folder)/\(Digest.sha256(bytes).hex.prefix(16)).json"
            do {
                try AtomicFile.write(bytes, to: path)
                Program.say("evidence: \(path)")
            } catch {
                Program.say("nexo-audit: no evidence written: \(error)")
            }
        }
    }
}
