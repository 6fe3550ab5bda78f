import Yams

extension ConfigurationFile {
    static func retention(_ node: Node) throws -> WatchConfiguration.Retention {
        var retention = WatchConfiguration.Retention()
        let fields = try Fields(node, "retention", ["heads", "checkpoint_every", "without_leaves"])
        retention.heads = try fields.duration("heads") ?? retention.heads
        retention.checkpointEvery = try fields.count("checkpoint_every") ?? retention.checkpointEvery
        switch try fields.string("without_leaves") {
        case nil, "keep": break
        case "thin": retention.thinsWithoutLeaves = true
        case let other?:
            throw Invalid(description: "retention.without_leaves: must be keep or thin, not \(other)")
        }
        return retention
    }
}
