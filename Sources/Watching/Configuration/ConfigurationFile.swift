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
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Invalid(description: "\(path): cannot be read; give the configuration's path with --config")
        }
        do {
            return try parse(
                String(decoding: data, as: UTF8.self), folder: URL(fileURLWithPath: path).deletingLastPathComponent())
        } catch let error as Invalid {
            throw Invalid(description: "\(path): \(error)")
        }
    }

    public static func parse(_ text: String, folder: URL) throws -> WatchConfiguration {
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch { throw Invalid(description: "not YAML: \(error)") }
        guard let root else { throw Invalid(description: "is empty") }
        let top = try Fields(root, "the file", ["listen", "store", "evidence", "interval", "limits", "logs"])
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
        if let limits = top["limits"] { configuration.limits = try self.limits(limits) }
        for (index, entry) in entries.enumerated() { configuration.logs.append(try log(entry, index, path)) }
        let names = configuration.logs.map(\.name)
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw Invalid(description: "logs: the name \"\(twice)\" stands twice")
        }
        return configuration
    }

    private static func log(
        _ entry: Node, _ index: Int, _ path: (String) -> String
    ) throws -> WatchConfiguration.Log {
        let place = "logs[\(index)]"
        let fields = try Fields(
            entry, place, ["name", "url", "trust", "leaves", "max_head_age", "frozen", "interval"])
        guard let name = try fields.string("name"), let url = try fields.string("url"),
            let trust = try fields.string("trust")
        else { throw Invalid(description: "\(place): name, url and trust are needed") }
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
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
        guard leaves != "tiles" else {
            throw Invalid(
                description: "\(place).leaves: tiles are not supported yet; give a path or URL of users.jsonl")
        }
        return .init(
            name: name, url: url, trust: path(trust),
            leaves: leaves.map { $0.hasPrefix("http://") || $0.hasPrefix("https://") ? $0 : path($0) },
            maxHeadAge: try fields.seconds("max_head_age"), frozen: frozen, interval: try fields.duration("interval"))
    }

    private static func limits(_ node: Node) throws -> WatchConfiguration.Limits {
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

    /// The members of one mapping, none of them unknown.
    private struct Fields {
        private let place: String
        private var nodes: [String: Node] = [:]

        init(_ node: Node, _ place: String, _ known: Set<String>) throws {
            self.place = place
            guard let mapping = node.mapping else { throw Invalid(description: "\(place): must be a mapping") }
            for (key, value) in mapping {
                guard let name = key.string, known.contains(name) else {
                    throw Invalid(
                        description:
                            "\(place): unknown key \"\(key.string ?? "?")\"; known are \(known.sorted().joined(separator: ", "))"
                    )
                }
                nodes[name] = value
            }
        }

        subscript(name: String) -> Node? { nodes[name] }

        func string(_ name: String) throws -> String? {
            guard let node = nodes[name] else { return nil }
            guard let text = node.scalar?.string, !text.isEmpty else {
                throw Invalid(description: "\(place).\(name): must be a text that is not empty")
            }
            return text
        }

        func count(_ name: String) throws -> Int? {
            guard let text = try string(name) else { return nil }
            guard let value = Int(text), value > 0 else {
                throw Invalid(description: "\(place).\(name): must be a whole number above 0")
            }
            return value
        }

        /// `15s`, `5m`, `24h`, `7d`, in whole seconds.
        func seconds(_ name: String) throws -> Int? {
            guard let duration = try duration(name) else { return nil }
            guard duration >= .seconds(1) else {
                throw Invalid(description: "\(place).\(name): must be at least 1s")
            }
            return Int(duration.components.seconds)
        }

        /// `500ms`, `15s`, `5m`, `24h`, `7d`.
        func duration(_ name: String) throws -> Duration? {
            guard let text = try string(name) else { return nil }
            let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
            guard let unit = units.first(where: { text.hasSuffix($0.0) }),
                let value = Int(text.dropLast(unit.0.count)), value > 0, value <= 1_000_000
            else { throw Invalid(description: "\(place).\(name): must be a duration such as 15s, 5m, 24h or 7d") }
            return .milliseconds(value * unit.1)
        }
    }
}
