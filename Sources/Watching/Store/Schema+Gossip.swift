import GRDB

extension Schema {
    static func registerGossip(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("6: gossip") { database in
            try database.execute(
                sql: """
                    -- Heads that somebody else was shown, until they can be compared with what is verified.
                    CREATE TABLE heard_heads (
                        id INTEGER PRIMARY KEY,
                        log_id TEXT NOT NULL,
                        hash BLOB NOT NULL,
                        tree_size INTEGER NOT NULL,
                        json BLOB NOT NULL,
                        -- A peer's vantage, or `submission`: who submits is not kept.
                        vantage TEXT NOT NULL,
                        heard_at INTEGER NOT NULL,
                        UNIQUE (log_id, hash)
                    );
                    CREATE INDEX heard_by_size ON heard_heads(log_id, tree_size);
                    -- What each file of evidence proves by itself.
                    CREATE TABLE evidence_checks (
                        id INTEGER PRIMARY KEY,
                        log INTEGER NOT NULL REFERENCES logs(id),
                        evidence BLOB NOT NULL,
                        -- Names the contradiction, whoever wrote the file (Evidence.conflictID); NULL: it proves none.
                        conflict BLOB,
                        UNIQUE (log, evidence)
                    );
                    CREATE INDEX evidence_by_conflict ON evidence_checks(log, conflict) WHERE conflict IS NOT NULL;
                    -- What this watcher's keys ever signed, as far as it is kept; the file beside the store keeps the
                    -- newest of each log too (SigningRecord).
                    CREATE TABLE vouched (
                        key TEXT NOT NULL,
                        log_id TEXT NOT NULL,
                        tree_size INTEGER NOT NULL,
                        root BLOB NOT NULL,
                        -- The whole signed note.
                        note TEXT NOT NULL,
                        signed_at INTEGER NOT NULL,
                        PRIMARY KEY (key, log_id, tree_size)
                    ) WITHOUT ROWID;
                    """)
        }
    }
}
