import Yams

extension ConfigurationFile {
    /// `gossip:`, whom this watcher compares notes with.
    static func gossip(_ node: Node, _ path: (String) -> String) throws -> WatchConfiguration.Gossip {
        var gossip = WatchConfiguration.Gossip()
        let fields = try Fields(node, "gossip", ["key_file", "peers", "interval", "limits"])
        gossip.keyFile = try fields.string("key_file").map(path)
        gossip.interval = try fields.duration("interval") ?? gossip.interval
        for (index, entry) in try fields.list("peers").enumerated() {
            gossip.peers.append(try peer(entry, "gossip.peers[\(index)]", path))
        }
        let names = gossip.peers.map(\.name)
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw Invalid(description: "gossip.peers: the name \"\(twice)\" stands twice")
        }
        if let limits = fields["limits"] { gossip.limits = try gossipLimits(limits) }
        return gossip
    }

    private static func peer(
        _ entry: Node, _ place: String, _ path: (String) -> String
    ) throws -> WatchConfiguration.Gossip.Peer {
        let fields = try Fields(entry, place, ["name", "url", "ca_file"])
        guard let name = try fields.string("name"), name.wholeMatch(of: /[A-Za-z0-9._-]{1,64}/) != nil else {
            throw Invalid(description: "\(place).name: is needed, at most 64 letters, digits, -, . and _")
        }
        guard let url = try fields.string("url") else { throw Invalid(description: "\(place).url: is needed") }
        try checkURL(url, "\(place).url", ["http", "https"])
        var peer = WatchConfiguration.Gossip.Peer(name: name, url: url.hasSuffix("/") ? String(url.dropLast()) : url)
        peer.caFile = try fields.string("ca_file").map(path)
        return peer
    }

    private static func gossipLimits(_ node: Node) throws -> WatchConfiguration.Gossip.Limits {
        var limits = WatchConfiguration.Gossip.Limits()
        let fields = try Fields(
            node, "gossip.limits",
            [
                "answer_bytes", "evidence_bytes", "timeout", "evidence_per_round", "heard_heads", "conflicts",
                "checkpoints", "submission_bytes", "submission_heads", "submissions_per_minute", "submitters",
                "heads_per_minute", "patience", "late_patience",
            ])
        limits.answerBytes = try fields.bytes("answer_bytes") ?? limits.answerBytes
        limits.evidenceBytes = try fields.bytes("evidence_bytes") ?? limits.evidenceBytes
        limits.timeout = try fields.seconds("timeout") ?? limits.timeout
        limits.evidencePerRound = try fields.count("evidence_per_round") ?? limits.evidencePerRound
        limits.heardHeads = try fields.count("heard_heads") ?? limits.heardHeads
        limits.conflicts = try fields.count("conflicts") ?? limits.conflicts
        limits.checkpoints = try fields.count("checkpoints") ?? limits.checkpoints
        limits.submissionBytes = try fields.bytes("submission_bytes") ?? limits.submissionBytes
        limits.submissionHeads = try fields.count("submission_heads") ?? limits.submissionHeads
        limits.submissionsPerMinute = try fields.count("submissions_per_minute") ?? limits.submissionsPerMinute
        limits.submitters = try fields.count("submitters") ?? limits.submitters
        limits.headsPerMinute = try fields.count("heads_per_minute") ?? limits.headsPerMinute
        limits.patience = try fields.duration("patience") ?? limits.patience
        limits.latePatience = try fields.duration("late_patience") ?? limits.latePatience
        return limits
    }
}
