import Foundation
import LogFiles
import TransparencyLog

/// A small file beside the database that names it, so that a database that was lost is told from one that never was.
struct StoreIdentity {
    static let suffix = ".id"

    private let store: String
    private var path: String { store + Self.suffix }
    /// The name that the file says; nil where there is none.
    private let named: [UInt8]?

    /// - Throws: `LostStore` if the file is there, and the database is not.
    init(of store: String) throws {
        self.store = store
        let manager = FileManager.default
        guard let text = manager.contents(atPath: store + Self.suffix) else {
            named = nil
            return
        }
        guard
            let name = Hex.decode(String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
        else { throw LostStore(store, "cannot be told from another one: \(store)\(Self.suffix) is damaged") }
        named = name
        let size = (try? manager.attributesOfItem(atPath: store)[.size] as? NSNumber)?.intValue ?? 0
        guard size > 0 else { throw LostStore(store, "is missing or empty, and was there before") }
    }

    /// Compares the names, or writes the file for a database that has none yet.
    func confirm(_ id: Data?) throws {
        guard let id, !id.isEmpty else { throw DamagedStore("store") }
        if let named {
            guard named == Array(id) else { throw LostStore(store, "is not the database that \(path) names") }
            return
        }
        try AtomicFile.write(Array((Hex.encode(Array(id)) + "\n").utf8), to: path)
    }
}
