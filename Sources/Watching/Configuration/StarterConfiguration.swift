public import Foundation
public import TransparencyLog

/// The `watch.yaml` that `nexo-watch init --folder` begins with: one log, and who is told.
///
/// A log says its own name and what it publishes, so neither is taken as it comes: the name becomes a file's name, and
/// both stand in a file that people edit.
public struct StarterConfiguration: Sendable {
    public let name: String
    private let url: String
    private let leaves: String?
    private let webhook: String?

    /// - Parameter description: what the log says of itself at /.well-known/nexo-transparency.json.
    /// - Throws: where the name is of no use as a file's name.
    public init(name: String, url: String, description: JSONValue, webhook: String?) throws {
        guard name.wholeMatch(of: /[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}/) != nil else {
            throw ConfigurationFile.Invalid(
                description:
                    "\"\(PlainText.line(PlainText.bounded(name, maximumBytes: 80)))\" cannot be a file's name; "
                    + "give the log one with --name, at most 64 letters, digits, -, . and _")
        }
        let additions = Set((description["additions"]?.elements ?? []).compactMap { $0.text?.description })
        self.name = name
        self.url = url
        self.webhook = webhook
        leaves =
            additions.contains("users")
            ? url + "/log/users.jsonl" : additions.contains("tile") ? WatchConfiguration.Log.tiles : nil
    }

    /// Of the trust file, beside the configuration.
    public var trustFile: String { name + ".json" }

    public var tellsSomebody: Bool { webhook != nil }

    /// The log as `logs:` takes it.
    public var entry: String {
        """
          - name: \(Self.quoted(name))
            url: \(Self.quoted(url))
            trust: \(Self.quoted(trustFile))
            \(leavesLine)
            # max_head_age: 24h         # tell when the newest head is older

        """
    }

    public var text: String {
        """
        # For nexo-watch run; docs/CONFIG.md has every key. Paths are taken from this file's folder.
        listen: 127.0.0.1:9464          # the status site, and /metrics for Prometheus
        store: watch.db                 # what was seen; back it up, with watch.db.id
        evidence: evidence/             # files that prove what a log did
        interval: 15s
        logs:
        \(entry)
        \(alerts)

        """
    }

    /// Reads the text as `nexo-watch run` will.
    public func check(folder: URL) throws { _ = try ConfigurationFile.parse(text, folder: folder) }

    private var leavesLine: String {
        switch leaves {
        case WatchConfiguration.Log.tiles:
            "leaves: tiles               # roots are recomputed from hashes; users.jsonl would show names too"
        case let leaves?: "leaves: \(Self.quoted(leaves))"
        case nil: "# leaves: users.jsonl       # a path or URL; without it roots are not recomputed"
        }
    }

    private var alerts: String {
        let others = """
            - {name: mail, email: {smtp: "smtp://mail.example:587", from: watch@example.org, to: [ops@example.org]}}
            - {name: am, alertmanager: {url: "http://127.0.0.1:9093"}}
            - {name: pager, command: {run: [page-me, --urgent]}}
            """.split(separator: "\n")
        guard let webhook else {
            return
                ([
                    "# Nobody is called yet. Take off the # of those who should be; `nexo-watch test-alert` tries it.",
                    "# alerts:", "#   sinks:", "#     - {name: ops, webhook: {url: \"https://hooks.example/nexo\"}}",
                ] + others.map { "#     \($0)" }).joined(separator: "\n")
        }
        return
            ([
                "alerts:                         # `nexo-watch test-alert` tries them", "  sinks:",
                "    - {name: ops, webhook: {url: \(Self.quoted(webhook))}}",
            ] + others.map { "    # \($0)" }).joined(separator: "\n")
    }

    /// As YAML takes it too.
    private static func quoted(_ text: String) -> String { JSONValue.string(JSONText(text)).serialized() }
}
