public import Foundation
import TransparencyLog
import Yams

/// Reads `watch.yaml`. Unknown keys are errors: a misspelt bound would be no bound.
public enum ConfigurationFile {
    public struct Invalid: Error, CustomStringConvertible, Sendable {
        public let description: String
    }

    /// - Parameter path: paths inside the file are taken from its folder.
    public static func load(_ path: String) throws -> WatchConfiguration {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            throw Invalid(
                description: "\(path): is a folder; give the path of the file in it, such as \(path)/watch.yaml")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Invalid(
                description: "\(path): cannot be read; give the configuration's path with --config, or make one with "
                    + "nexo-watch init URL --folder FOLDER")
        }
        do {
            let file = URL(fileURLWithPath: path).standardizedFileURL
            // What were repaired would be another name, or another id to watch.
            guard let text = String(data: data, encoding: .utf8) else {
                throw Invalid(description: "is not UTF-8; save it as that")
            }
            var configuration = try parse(text, folder: file.deletingLastPathComponent())
            configuration.path = file.path
            return configuration
        } catch let error as Invalid {
            throw Invalid(description: "\(path): \(error)")
        }
    }

    public static func parse(_ text: String, folder: URL) throws -> WatchConfiguration {
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch { throw Invalid(description: "not YAML: \(error)") }
        guard let root else { throw Invalid(description: "is empty") }
        let top = try Fields(
            root, "",
            [
                "listen", "store", "evidence", "interval", "limits", "retention", "alerts", "logs", "status",
                "vantages", "verifier", "gossip",
            ])
        guard let entries = top["logs"]?.sequence, !entries.isEmpty else {
            throw Invalid(description: "logs: at least one log is needed")
        }
        func path(_ text: String) -> String {
            text.hasPrefix("/") ? text : folder.appending(path: text).standardizedFileURL.path
        }
        var configuration = WatchConfiguration(
            listen: try top.string("listen") ?? "127.0.0.1:9464", store: path(try top.string("store") ?? "watch.db"),
            evidence: path(try top.string("evidence") ?? "evidence"),
            interval: try top.duration("interval") ?? .seconds(15),
            logs: [])
        guard StatusServer.address(configuration.listen) != nil else {
            throw Invalid(description: "listen: must be host:port, not \(configuration.listen)")
        }
        if let retention = top["retention"] { configuration.retention = try self.retention(retention) }
        if let name = try top.string("verifier") { configuration.verifier = try engine(name) }
        if let limits = top["limits"] { configuration.limits = try self.limits(limits) }
        if let vantages = top["vantages"] {
            configuration.vantages = try self.vantages(vantages, "vantages", path)
        }
        if let status = top["status"] { configuration.status = try self.status(status, path) }
        if let gossip = top["gossip"] { configuration.gossip = try self.gossip(gossip, path) }
        if let alerts = top["alerts"] { configuration.alerts = try self.alerts(alerts, path) }
        for (index, entry) in entries.enumerated() {
            configuration.logs.append(try log(entry, index, path, configuration.limits))
        }
        let names = configuration.logs.map(\.name)
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw Invalid(description: "logs: the name \"\(twice)\" stands twice")
        }
        return configuration
    }

    private static func isURL(_ text: String) -> Bool { text.hasPrefix("http://") || text.hasPrefix("https://") }

    static func log(
        _ entry: Node, _ index: Int, _ path: (String) -> String, _ limits: WatchConfiguration.Limits
    ) throws -> WatchConfiguration.Log {
        let place = "logs[\(index)]"
        let fields = try Fields(
            entry, place, ["name", "url", "trust", "leaves", "max_head_age", "frozen", "interval", "vantages", "watch"])
        guard let name = try fields.string("name"), let url = try fields.string("url"),
            let trust = try fields.string("trust")
        else { throw Invalid(description: "\(place): name, url and trust are needed") }
        guard isURL(url) else {
            throw Invalid(description: "\(place).url: must begin with http:// or https://")
        }
        var frozen: WatchConfiguration.Frozen?
        if let node = fields["frozen"] {
            let inner = try Fields(node, "\(place).frozen", ["tree_size", "root"])
            guard let size = try inner.string("tree_size").flatMap(UInt64.init), let root = try inner.string("root")
            else {
                throw Invalid(description: "\(place).frozen: tree_size and root are needed")
            }
            guard Digest(base64: JSONText(root)) != nil else {
                throw Invalid(description: "\(place).frozen.root: must be the strict base64 of 32 bytes")
            }
            frozen = .init(treeSize: size, root: root)
        }
        let leaves = try fields.string("leaves")
        return .init(
            name: name, url: url, trust: path(trust),
            leaves: leaves.map { isURL($0) || $0 == WatchConfiguration.Log.tiles ? $0 : path($0) },
            maxHeadAge: try fields.seconds("max_head_age"), frozen: frozen, interval: try fields.duration("interval"),
            vantages: try fields["vantages"].map { try vantages($0, "\(place).vantages", path) },
            watch: try watch(fields, limits))
    }
}
