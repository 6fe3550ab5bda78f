import Foundation
import GRDB
import TransparencyLog

/// The keys of watched ids: none of a leaf that is not stored, and none without the list that it was collected under.
struct KeyCheck {
    let rows: LogRows

    func run(_ position: LogPosition, _ problems: inout [String]) throws {
        let list = try rows.fetch("SELECT * FROM watch_lists WHERE log = ?", [rows.log]).first
        let leafCount = try list.map { try WatchedKeys($0).leafCount } ?? 0
        if leafCount > position.leafCount {
            problems.append("watch_lists.leaf_count is \(leafCount), and \(position.leafCount) leaves are stored")
        }
        var last = Data()
        while true {
            let page = try rows.fetch(
                "SELECT * FROM watched_keys WHERE log = ? AND id > ? ORDER BY id LIMIT ?",
                [rows.log, last, StoreChecker.page])
            guard let id = page.last?["id"] as Data? else { return }
            last = id
            for row in page {
                let (id, key) = try WatchedKeys.key(row)
                if key.treeSize > leafCount {
                    problems.append(
                        "watched_keys: the key of \(id.hex) is of size \(key.treeSize), and \(leafCount) leaves were read"
                    )
                }
            }
        }
    }
}
