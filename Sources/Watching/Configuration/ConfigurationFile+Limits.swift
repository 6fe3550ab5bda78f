import Yams

extension ConfigurationFile {
    static func limits(_ node: Node) throws -> WatchConfiguration.Limits {
        var limits = WatchConfiguration.Limits()
        let fields = try Fields(
            node, "limits",
            [
                "chain_bytes", "chain_heads", "leaves_bytes", "timeout", "findings_per_poll", "polls",
                "evidence_leaves", "unsigned_heads", "head_bytes", "evidence_per_poll", "fetches", "leaves_chunk",
            ])
        limits.chainBytes = try fields.count("chain_bytes") ?? limits.chainBytes
        limits.chainHeads = try fields.count("chain_heads") ?? limits.chainHeads
        limits.leavesBytes = try fields.count("leaves_bytes") ?? limits.leavesBytes
        limits.timeout = try fields.seconds("timeout") ?? limits.timeout
        limits.findingsPerPoll = try fields.count("findings_per_poll") ?? limits.findingsPerPoll
        limits.headBytes = try fields.count("head_bytes") ?? limits.headBytes
        limits.evidencePerPoll = try fields.count("evidence_per_poll") ?? limits.evidencePerPoll
        limits.fetches = try fields.count("fetches") ?? limits.fetches
        limits.leavesChunk = try fields.count("leaves_chunk") ?? limits.leavesChunk
        limits.unsignedHeads = try fields.count("unsigned_heads") ?? limits.unsignedHeads
        limits.polls = try fields.count("polls") ?? limits.polls
        limits.evidenceLeaves = try fields.count("evidence_leaves") ?? limits.evidenceLeaves
        return limits
    }
}
