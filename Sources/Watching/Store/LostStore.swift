import GRDB

/// The database holds what this program never writes.
public struct DamagedStore: Error, CustomStringConvertible, Sendable {
    let place: String
    init(_ place: String) { self.place = place }
    public var description: String { "the database is damaged at \(place); restore it from a backup" }
}

/// What was remembered is gone, or cannot be trusted. Beginning anew would forget every fork, and believe whatever the
/// log shows next; so that is for a person to decide.
public struct LostStore: Error, CustomStringConvertible, Sendable {
    public let description: String

    init(_ path: String, _ problem: String) {
        description = """
            \(path): \(problem). Nothing was changed. Restore it from a backup, with the file that ends in \
            \(StoreIdentity.suffix). To begin anew, and forget all heads, findings and latched forks, move \(path), \
            \(path)-wal, \(path)-shm and \(path)\(StoreIdentity.suffix) away; leave \(path).signed-*, which keeps this \
            watcher's key from contradicting itself.
            """
    }
}

/// The database is there, and cannot be used now: its disk is full, broken or read-only, or another process holds it.
public struct UnusableStore: Error, CustomStringConvertible, Sendable {
    public let description: String
}

extension Error {
    /// Whether the database is damaged, as against busy, or its disk full.
    var isStoreDamage: Bool { self is DamagedStore || (self as? DatabaseError)?.isDamage == true }
}

extension DatabaseError {
    /// Whether the file itself is not what SQLite wrote, as against a full disk or a lock.
    var isDamage: Bool {
        switch resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: true
        default: false
        }
    }
}
