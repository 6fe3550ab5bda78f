import Foundation
import GRDB
import HostileLog

@testable import Watching

/// An empty database, made once and copied for each schedule.
enum StoreTemplate {
    private static let folder = Result {
        let folder = try ScratchFolder()
        let store = try SQLiteStore(path: folder.url.appending(path: "watch.db").path)
        // All of it into the one file that is copied.
        try store.pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try store.pool.close()
        return folder
    }

    static func copy(to path: String) throws {
        let template = try folder.get().url.appending(path: "watch.db").path
        for suffix in ["", ".id"] {
            try FileManager.default.copyItem(atPath: template + suffix, toPath: path + suffix)
        }
    }
}
