import GRDB

/// The database's tables, step by step. A migration that was ever released is never edited.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: heads, leaves, findings, evidence") { database in
            try database.execute(
                sql: """
                    CREATE TABLE store (
                        -- Names this database; the file beside it says the same (StoreIdentity).
                        id BLOB NOT NULL,
                        -- Heads up to this row were looked at by retention.
                        thinned_head INTEGER NOT NULL DEFAULT 0
                    );
                    INSERT INTO store (id) VALUES (randomblob(16));
                    CREATE TABLE logs (
                        id INTEGER PRIMARY KEY,
                        log_id TEXT NOT NULL UNIQUE,
                        name TEXT NOT NULL,
                        version INTEGER NOT NULL,
                        seen_size INTEGER NOT NULL,
                        verified_size INTEGER NOT NULL,
                        verified_hash BLOB,
                        verified_timestamp INTEGER NOT NULL,
                        verified_count INTEGER NOT NULL,
                        leaf_count INTEGER NOT NULL,
                        frontier BLOB NOT NULL,
                        leaf_offset INTEGER NOT NULL,
                        last_leaf_line BLOB NOT NULL,
                        -- The newest head that retention keeps whole.
                        checkpoint_size INTEGER NOT NULL DEFAULT 0
                    );
                    -- Millions of heads have a handful of different sets.
                    CREATE TABLE signer_sets (
                        id INTEGER PRIMARY KEY,
                        -- Ids in their order, each on a line.
                        signers TEXT NOT NULL UNIQUE
                    );
                    CREATE TABLE heads (
                        id INTEGER PRIMARY KEY,
                        log INTEGER NOT NULL REFERENCES logs(id),
                        hash BLOB NOT NULL,
                        -- NULL: not stated; empty: the first head.
                        prev_hash BLOB,
                        tree_size INTEGER NOT NULL,
                        root BLOB NOT NULL,
                        timestamp INTEGER NOT NULL,
                        signer_set INTEGER NOT NULL REFERENCES signer_sets(id),
                        signer_count INTEGER NOT NULL,
                        state INTEGER NOT NULL,
                        seen_at INTEGER NOT NULL
                    );
                    -- As received; a table of its own, so that what retention deletes is free at once.
                    CREATE TABLE head_json (
                        head INTEGER PRIMARY KEY REFERENCES heads(id),
                        json BLOB NOT NULL,
                        -- SHA-256 of the JSON.
                        sha256 BLOB NOT NULL
                    );
                    -- Eight bytes of a hash find its few rows, and take a quarter of the space of whole ones.
                    CREATE INDEX heads_by_hash ON heads(log, substr(hash, 1, 8));
                    -- Heads that nobody signed contradict nobody, and must not crowd out those that do.
                    CREATE INDEX heads_by_size ON heads(log, tree_size, signer_count) WHERE signer_count > 0;
                    CREATE INDEX heads_pending ON heads(log, tree_size) WHERE state = 1;
                    CREATE INDEX heads_by_parent ON heads(log, substr(prev_hash, 1, 8)) WHERE signer_count > 0;
                    CREATE TABLE leaf_tiles (
                        log INTEGER NOT NULL REFERENCES logs(id),
                        tile INTEGER NOT NULL,
                        hashes BLOB NOT NULL,
                        PRIMARY KEY (log, tile)
                    ) WITHOUT ROWID;
                    -- The roots of whole tiles, 256 a row: level 1 over leaf_tiles, and so on, so that the tree at every
                    -- size can be had from a few rows.
                    CREATE TABLE tree_tiles (
                        log INTEGER NOT NULL REFERENCES logs(id),
                        level INTEGER NOT NULL,
                        tile INTEGER NOT NULL,
                        hashes BLOB NOT NULL,
                        PRIMARY KEY (log, level, tile)
                    ) WITHOUT ROWID;
                    CREATE TABLE findings (
                        id INTEGER PRIMARY KEY,
                        log INTEGER NOT NULL REFERENCES logs(id),
                        fingerprint BLOB NOT NULL,
                        rule TEXT NOT NULL,
                        severity TEXT NOT NULL,
                        tree_size INTEGER,
                        expected TEXT NOT NULL,
                        found TEXT NOT NULL,
                        evidence BLOB,
                        at INTEGER NOT NULL,
                        announced INTEGER NOT NULL DEFAULT 0
                    );
                    CREATE UNIQUE INDEX findings_by_fingerprint ON findings(log, fingerprint);
                    CREATE INDEX findings_unannounced ON findings(log) WHERE announced = 0;
                    CREATE TABLE evidence (
                        log INTEGER NOT NULL REFERENCES logs(id),
                        hash BLOB NOT NULL,
                        kind TEXT NOT NULL,
                        bytes BLOB NOT NULL,
                        PRIMARY KEY (log, hash)
                    ) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("2: alerts") { database in
            try database.execute(
                sql: """
                    -- What people are told of: all findings of one kind in one log are one alert, until somebody
                    -- acknowledges it, or the trouble is over.
                    CREATE TABLE alerts (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        -- By log_id, since a log whose polls fail may have no row yet; empty: the watcher's own.
                        log_id TEXT NOT NULL,
                        log_name TEXT NOT NULL,
                        -- A rule's id, or a kind of operational trouble.
                        kind TEXT NOT NULL,
                        -- The sink that fails; else empty.
                        subject TEXT NOT NULL DEFAULT '',
                        severity TEXT NOT NULL,
                        fingerprint BLOB NOT NULL UNIQUE,
                        -- Counts what changed: opened, more findings, acknowledged, resolved.
                        revision INTEGER NOT NULL DEFAULT 1,
                        findings INTEGER NOT NULL DEFAULT 0,
                        -- Findings of the latest poll beyond what one poll stores.
                        unstored INTEGER NOT NULL DEFAULT 0,
                        detail TEXT NOT NULL DEFAULT '',
                        opened_at INTEGER NOT NULL,
                        updated_at INTEGER NOT NULL,
                        closed_at INTEGER,
                        acknowledged_at INTEGER,
                        acknowledged_by TEXT,
                        note TEXT
                    );
                    CREATE UNIQUE INDEX alerts_open ON alerts(log_id, kind, subject) WHERE closed_at IS NULL;
                    CREATE INDEX alerts_by_kind ON alerts(log_id, kind, subject);
                    CREATE INDEX alerts_by_end ON alerts(updated_at);
                    ALTER TABLE findings ADD COLUMN alert INTEGER REFERENCES alerts(id);
                    CREATE INDEX findings_by_alert ON findings(alert);
                    CREATE INDEX findings_untold ON findings(alert) WHERE announced = 0;
                    -- The sinks that are to be told.
                    CREATE TABLE sinks (name TEXT PRIMARY KEY) WITHOUT ROWID;
                    -- One queue a sink: what it was told last, and since when it is to be told more.
                    CREATE TABLE deliveries (
                        sink TEXT NOT NULL,
                        alert INTEGER NOT NULL REFERENCES alerts(id),
                        told_revision INTEGER NOT NULL DEFAULT 0,
                        told_at INTEGER,
                        attempts INTEGER NOT NULL DEFAULT 0,
                        last_error TEXT,
                        -- NULL: it was told all there is.
                        queued_at INTEGER,
                        PRIMARY KEY (sink, alert)
                    ) WITHOUT ROWID;
                    CREATE INDEX deliveries_by_alert ON deliveries(alert);
                    CREATE INDEX deliveries_queued ON deliveries(sink, attempts, queued_at)
                        WHERE queued_at IS NOT NULL;
                    -- One row, written to prove that the store can be written.
                    CREATE TABLE pulse (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL);
                    """)
            try AlertRows.adoptFindings(database)
        }
        migrator.registerMigration("3: vantages") { database in
            try database.execute(
                sql: """
                    -- Where a head was first seen; empty: `direct`.
                    ALTER TABLE heads ADD COLUMN vantage TEXT NOT NULL DEFAULT '';
                    ALTER TABLE logs ADD COLUMN assurance TEXT NOT NULL DEFAULT 'unlinked';
                    -- Where heads are missing: for each place the missing hash, and the sizes below and above.
                    ALTER TABLE logs ADD COLUMN gaps BLOB NOT NULL DEFAULT x'';
                    """)
        }
        registerStatus(&migrator)
        registerWatchList(&migrator)
        registerGossip(&migrator)
        migrator.registerMigration("7: leaves found again") { database in
            try database.execute(
                sql: """
                    -- Seconds since 1970. Not all logs are read anew at once by those who come from an older version.
                    ALTER TABLE logs ADD COLUMN leaves_found_at INTEGER NOT NULL DEFAULT 0;
                    UPDATE logs SET leaves_found_at = strftime('%s', 'now');
                    """)
        }
        migrator.registerMigration("8: judged anew") { database in
            try database.execute(
                sql: """
                    -- Under which trust file heads without a quorum were judged once more, and up to which.
                    CREATE TABLE judged_anew (
                        log INTEGER PRIMARY KEY REFERENCES logs(id),
                        -- SHA-256 of the trust file's JSON.
                        trust BLOB NOT NULL,
                        head INTEGER NOT NULL
                    );
                    CREATE INDEX heads_unsettled ON heads(log) WHERE state = 0;
                    """)
        }
        return migrator
    }
}
