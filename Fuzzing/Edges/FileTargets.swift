import Auditing
import Foundation
import FuzzRules
import TransparencyLog
import Watching

extension FuzzTarget {
    /// `watch.yaml`. It either is refused with a reason, or means the same each time.
    static let config = FuzzTarget("config") { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        let folder = URL(fileURLWithPath: "/etc/nexo")
        do {
            let configuration = try ConfigurationFile.parse(text, folder: folder)
            try promise(try ConfigurationFile.parse(text, folder: folder) == configuration, "another configuration")
            try promise(!configuration.logs.isEmpty && configuration.interval > .zero, "a bound that is none")
        } catch let invalid as ConfigurationFile.Invalid {
            try promise(!invalid.description.isEmpty, "refused without a reason")
        }
    }

    static let proofFile = FuzzTarget("proof-file") { bytes in
        guard let proof = try? ProofFile(json: bytes) else { return }
        let again = try ProofFile(json: proof.json.bytes())
        try promise(again == proof, "another proof when read again")
        let checker = ProofChecker(trust: proof.log)
        try promise(checker.check(again) == checker.check(proof), "another verdict when read again")
    }

    static let segment = FuzzTarget("segment") { bytes in
        guard let segment = try? Segment(json: bytes) else { return }
        let again = try Segment(json: segment.fileBytes)
        try promise(again.fileBytes == segment.fileBytes, "another segment when read again")
        _ = try? SegmentJoin.report(of: [segment])
    }
}
