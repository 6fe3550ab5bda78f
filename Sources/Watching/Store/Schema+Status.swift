import GRDB

extension Schema {
    /// What the status site asks for, each answered from an index however many heads there are.
    static func registerStatus(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("4: status") { database in
            try database.execute(
                sql: """
                    -- Verified heads along the log's own time; the sizes of a chart are read from here alone.
                    CREATE INDEX heads_by_time ON heads(log, timestamp, tree_size) WHERE state = 2;
                    CREATE INDEX findings_by_log ON findings(log, id);
                    CREATE INDEX findings_by_rule ON findings(log, rule, id);
                    CREATE INDEX findings_with_evidence ON findings(log, id) WHERE evidence IS NOT NULL;
                    -- Violations that no alert vouches for: they stand until one does.
                    CREATE INDEX findings_unassigned ON findings(log) WHERE severity = 'violation' AND alert IS NULL;
                    CREATE INDEX evidence_by_hash ON evidence(hash);
                    CREATE INDEX alerts_open_newest ON alerts(id)
                        WHERE closed_at IS NULL AND acknowledged_at IS NULL;
                    -- When each log was last polled, so that whoever reads the file knows how much it can tell. By
                    -- log_id: a log that never answered has no row in logs.
                    CREATE TABLE polls (
                        log_id TEXT PRIMARY KEY,
                        success_at INTEGER,
                        failure_at INTEGER,
                        failure TEXT NOT NULL DEFAULT ''
                    ) WITHOUT ROWID;
                    """)
        }
    }
}
