/// The questions of the status site. A test holds each to an index: no list is scanned, and none is sorted.
enum StatusSQL: String, CaseIterable {
    case log = """
        SELECT logs.*, heads.root, (SELECT signers FROM signer_sets WHERE signer_sets.id = signer_set) AS signers FROM logs
        LEFT JOIN heads ON heads.log = logs.id AND substr(heads.hash, 1, 8) = substr(logs.verified_hash, 1, 8)
            AND heads.hash = logs.verified_hash WHERE logs.log_id = ?
        """
    case unassigned = """
        SELECT EXISTS (SELECT 1 FROM findings WHERE log = ? AND severity = 'violation' AND alert IS NULL)
        """
    case openSeverities = """
        SELECT severity FROM alerts WHERE log_id = ? AND closed_at IS NULL AND acknowledged_at IS NULL
        """
    case poll = "SELECT * FROM polls WHERE log_id = ?"
    case headBefore = """
        SELECT timestamp, tree_size FROM heads WHERE log = ? AND state = 2 AND timestamp <= ?
        ORDER BY timestamp DESC, tree_size DESC LIMIT 1
        """
    case headAfter = """
        SELECT timestamp, tree_size FROM heads WHERE log = ? AND state = 2 AND timestamp > ?
        ORDER BY timestamp, tree_size LIMIT 1
        """
    case newestHeads = """
        SELECT timestamp, (SELECT signers FROM signer_sets WHERE signer_sets.id = signer_set) AS signers FROM heads WHERE log = ? AND state = 2 ORDER BY timestamp DESC LIMIT ?
        """
    case heads = """
        SELECT *, (SELECT signers FROM signer_sets WHERE signer_sets.id = signer_set) AS signers,
            (SELECT json FROM head_json WHERE head = heads.id) AS raw,
            (SELECT sha256 FROM head_json WHERE head = heads.id) AS raw_hash
        FROM heads WHERE log = ? AND signer_count > 0 AND (tree_size, signer_count, id) < (?, ?, ?)
        ORDER BY tree_size DESC, signer_count DESC, id DESC LIMIT ?
        """
    case headsOfSize = """
        SELECT *, (SELECT signers FROM signer_sets WHERE signer_sets.id = signer_set) AS signers,
            (SELECT json FROM head_json WHERE head = heads.id) AS raw,
            (SELECT sha256 FROM head_json WHERE head = heads.id) AS raw_hash
        FROM heads WHERE log = ? AND signer_count > 0 AND tree_size = ? AND (signer_count, id) < (?, ?)
        ORDER BY signer_count DESC, id DESC LIMIT ?
        """
    case findings = """
        SELECT findings.*, logs.log_id, logs.name FROM findings JOIN logs ON logs.id = findings.log
        WHERE findings.log = ? AND findings.id < ? ORDER BY findings.id DESC LIMIT ?
        """
    case findingsOfRule = """
        SELECT findings.*, logs.log_id, logs.name FROM findings JOIN logs ON logs.id = findings.log
        WHERE findings.log = ? AND rule = ? AND findings.id < ? ORDER BY findings.id DESC LIMIT ?
        """
    case allFindings = """
        SELECT findings.*, logs.log_id, logs.name FROM findings JOIN logs ON logs.id = findings.log
        WHERE findings.id < ? ORDER BY findings.id DESC LIMIT ?
        """
    case proved = """
        SELECT findings.*, logs.log_id, logs.name FROM findings JOIN logs ON logs.id = findings.log
        WHERE findings.log = ? AND evidence IS NOT NULL ORDER BY findings.id DESC LIMIT ?
        """
    case openAlertsOfLog = """
        SELECT * FROM alerts WHERE log_id = ? AND closed_at IS NULL AND acknowledged_at IS NULL LIMIT ?
        """
    case openAlerts = """
        SELECT * FROM alerts INDEXED BY alerts_open_newest
        WHERE closed_at IS NULL AND acknowledged_at IS NULL AND id < ? ORDER BY id DESC LIMIT ?
        """
    case allAlerts = "SELECT * FROM alerts WHERE id < ? ORDER BY id DESC LIMIT ?"
    case evidence = """
        SELECT logs.log_id, kind, bytes FROM evidence JOIN logs ON logs.id = evidence.log WHERE hash = ? LIMIT 1
        """
}
