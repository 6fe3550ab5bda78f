import Foundation
import Synchronization
import TransparencyLog

/// The folder of evidence, which can be made one that nobody can write to.
final class EvidenceDisk: Sendable {
    let folder: String
    private struct State {
        var isBroken = false
        /// Files may be missing, since the folder could not be written at some time before.
        var mayLag = false
    }
    private let state = Mutex(State())

    init(folder: String) { self.folder = folder }

    var isBroken: Bool { state.withLock { $0.isBroken } }

    /// A file stands where the folder stood.
    func fail() throws {
        guard !isBroken else { return }
        let manager = FileManager.default
        if manager.fileExists(atPath: folder) { try manager.moveItem(atPath: folder, toPath: folder + ".away") }
        try Data().write(to: URL(fileURLWithPath: folder))
        state.withLock { $0 = State(isBroken: true, mayLag: true) }
    }

    func mend() throws {
        guard isBroken else { return }
        let manager = FileManager.default
        try manager.removeItem(atPath: folder)
        if manager.fileExists(atPath: folder + ".away") {
            try manager.moveItem(atPath: folder + ".away", toPath: folder)
        }
        state.withLock { $0.isBroken = false }
    }

    /// A poll went well: what could not be written was written now.
    func settle() { state.withLock { if !$0.isBroken { $0.mayLag = false } } }

    /// Evidence is there, whole, before anybody is told of it.
    ///
    /// - Parameter isOver: whether all was mended: then nothing is missing.
    func check(_ path: String, _ hash: Digest, _ who: String, _ verdicts: Verdicts, isOver: Bool = false) {
        if let bytes = FileManager.default.contents(atPath: path) {
            if Digest.sha256(Array(bytes)) != hash { verdicts.report("evidence", "\(path) is another file: \(who)") }
        } else if isOver || state.withLock({ !$0.mayLag }) {
            verdicts.report("evidence", "\(path) is not there: \(who)")
        }
    }
}
