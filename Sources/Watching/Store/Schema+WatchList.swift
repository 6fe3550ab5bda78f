import GRDB

extension Schema {
    static func registerWatchList(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("5: watch-list") { database in
            try database.execute(
                sql: """
                    -- How far keys were collected, and under which watch-list (WatchedKeys).
                    CREATE TABLE watch_lists (
                        log INTEGER PRIMARY KEY REFERENCES logs(id),
                        -- SHA-256 of the list.
                        list BLOB NOT NULL,
                        baseline INTEGER NOT NULL,
                        leaf_count INTEGER NOT NULL
                    );
                    CREATE TABLE watched_keys (
                        log INTEGER NOT NULL REFERENCES logs(id),
                        -- SHA-256 of the id, which may be of a megabyte.
                        id BLOB NOT NULL,
                        public_key BLOB NOT NULL,
                        -- The size of the first tree with this key; a key that returns counts anew.
                        tree_size INTEGER NOT NULL,
                        PRIMARY KEY (log, id)
                    ) WITHOUT ROWID;
                    """)
        }
    }
}
