import Yams

extension ConfigurationFile {
    /// `status:`, who may read the site and what it may cost.
    static func status(_ node: Node, _ path: (String) -> String) throws -> WatchConfiguration.Status {
        var status = WatchConfiguration.Status()
        let fields = try Fields(
            node, "status", ["token_file", "behind_proxy", "hosts", "connections", "request_timeout"])
        status.tokenFile = try fields.string("token_file").map(path)
        if let node = fields["behind_proxy"] {
            guard let value = node.bool else {
                throw Invalid(description: "status.behind_proxy: must be true or false")
            }
            status.isBehindProxy = value
        }
        if let node = fields["hosts"] {
            guard let names = node.sequence.map({ $0.compactMap(\.string) }), names.count == node.sequence?.count,
                names.allSatisfy({ !$0.isEmpty })
            else { throw Invalid(description: "status.hosts: must be a list of names, without ports") }
            status.hosts = names.map { $0.lowercased() }
        }
        status.connections = try fields.count("connections") ?? status.connections
        status.requestTimeout = try fields.duration("request_timeout") ?? status.requestTimeout
        return status
    }
}
