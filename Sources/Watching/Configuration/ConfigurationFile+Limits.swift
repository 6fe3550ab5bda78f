import Yams

extension ConfigurationFile {
    static func limits(_ node: Node) throws -> WatchConfiguration.Limits {
        var limits = WatchConfiguration.Limits()
        let fields = try Fields(
            node, "limits",
            [
                "chain_bytes", "chain_heads", "leaves_bytes", "timeout", "findings_per_poll", "polls",
                "evidence_leaves", "unsigned_heads", "head_bytes", "evidence_per_poll", "fetches", "leaves_chunk",
                "fetches_per_host", "header_bytes", "low_speed", "low_speed_time", "catch_up_rate", "backoff_max",
                "clock_tolerance", "watched_ids", "unvouched_leaves", "leaves_time", "leaves_recheck",
            ])
        limits.chainBytes = try fields.bytes("chain_bytes") ?? limits.chainBytes
        limits.chainHeads = try fields.count("chain_heads") ?? limits.chainHeads
        limits.leavesBytes = try fields.bytes("leaves_bytes") ?? limits.leavesBytes
        limits.unvouchedLeaves = try fields.count("unvouched_leaves") ?? limits.unvouchedLeaves
        limits.leavesTime = try fields.seconds("leaves_time") ?? limits.leavesTime
        limits.leavesRecheck = try fields.seconds("leaves_recheck") ?? limits.leavesRecheck
        limits.timeout = try fields.seconds("timeout") ?? limits.timeout
        limits.findingsPerPoll = try fields.count("findings_per_poll") ?? limits.findingsPerPoll
        limits.headBytes = try fields.bytes("head_bytes") ?? limits.headBytes
        limits.evidencePerPoll = try fields.count("evidence_per_poll") ?? limits.evidencePerPoll
        limits.fetches = try fields.count("fetches") ?? limits.fetches
        limits.leavesChunk = try fields.bytes("leaves_chunk") ?? limits.leavesChunk
        limits.unsignedHeads = try fields.count("unsigned_heads") ?? limits.unsignedHeads
        limits.polls = try fields.count("polls") ?? limits.polls
        limits.evidenceLeaves = try fields.count("evidence_leaves") ?? limits.evidenceLeaves
        limits.fetchesPerHost = try fields.count("fetches_per_host") ?? limits.fetchesPerHost
        limits.headerBytes = try fields.bytes("header_bytes") ?? limits.headerBytes
        limits.lowSpeed = try fields.bytes("low_speed") ?? limits.lowSpeed
        limits.lowSpeedTime = try fields.seconds("low_speed_time") ?? limits.lowSpeedTime
        limits.catchUpRate = try fields.bytes("catch_up_rate") ?? limits.catchUpRate
        limits.backoffMax = try fields.seconds("backoff_max") ?? limits.backoffMax
        limits.clockTolerance = try fields.seconds("clock_tolerance") ?? limits.clockTolerance
        limits.watchedIDs = try fields.count("watched_ids") ?? limits.watchedIDs
        return limits
    }
}
