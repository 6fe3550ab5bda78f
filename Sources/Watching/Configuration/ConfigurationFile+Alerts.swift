import Foundation
import Yams

extension ConfigurationFile {
    static func alerts(_ node: Node, _ path: (String) -> String) throws -> WatchConfiguration.Alerts {
        var alerts = WatchConfiguration.Alerts()
        let fields = try Fields(
            node, "alerts",
            [
                "group_interval", "failing_polls", "failing_deliveries", "retry_first", "retry_max", "once_timeout",
                "sinks", "heartbeat",
            ])
        alerts.groupInterval = try fields.duration("group_interval") ?? alerts.groupInterval
        alerts.failingPolls = try fields.count("failing_polls") ?? alerts.failingPolls
        alerts.failingDeliveries = try fields.count("failing_deliveries") ?? alerts.failingDeliveries
        alerts.retryFirst = try fields.duration("retry_first") ?? alerts.retryFirst
        alerts.retryMax = try fields.duration("retry_max") ?? max(alerts.retryMax, alerts.retryFirst)
        alerts.onceTimeout = try fields.duration("once_timeout") ?? alerts.onceTimeout
        guard alerts.retryFirst <= alerts.retryMax else {
            throw Invalid(description: "alerts.retry_max: must not be shorter than retry_first")
        }
        for (index, entry) in try fields.list("sinks").enumerated() {
            alerts.sinks.append(try sink(entry, "alerts.sinks[\(index)]", path))
        }
        let names = alerts.sinks.map(\.name)
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw Invalid(description: "alerts.sinks: the name \"\(twice)\" stands twice")
        }
        if let node = fields["heartbeat"] { alerts.heartbeat = try heartbeat(node, path) }
        return alerts
    }

    private static func sink(
        _ entry: Node, _ place: String, _ path: (String) -> String
    ) throws -> WatchConfiguration.Sink {
        let kinds = ["webhook", "alertmanager", "email", "command"]
        let fields = try Fields(entry, place, Set(kinds + ["name", "timeout"]))
        guard let name = try fields.string("name"), name.wholeMatch(of: /[a-z0-9_-]{1,64}/) != nil else {
            throw Invalid(description: "\(place).name: is needed, of a to z, 0 to 9, - and _, at most 64 of them")
        }
        let given = kinds.filter { fields[$0] != nil }
        guard given.count == 1, let kind = given.first, let node = fields[kind] else {
            throw Invalid(description: "\(place): must have one of \(kinds.joined(separator: ", "))")
        }
        let inner = "\(place).\(kind)"
        let target: WatchConfiguration.Sink.Target =
            switch kind {
            case "webhook": .webhook(try webhook(node, inner, path))
            case "alertmanager": .alertmanager(try alertmanager(node, inner, path))
            case "email": .email(try email(node, inner, path))
            default: .command(try Fields(node, inner, ["run", "timeout"]).strings("run"))
            }
        var sink = WatchConfiguration.Sink(name: name, target: target)
        sink.timeout = try fields.duration("timeout") ?? sink.timeout
        if kind == "command" {
            sink.timeout = try Fields(node, inner, ["run", "timeout"]).duration("timeout") ?? sink.timeout
        }
        return sink
    }

    private static func webhook(
        _ node: Node, _ place: String, _ path: (String) -> String
    ) throws -> WatchConfiguration.Webhook {
        let fields = try Fields(node, place, ["url", "url_file", "secret_file", "ca_file"])
        return .init(
            address: try address(fields, place, path), secretFile: try fields.string("secret_file").map(path),
            caFile: try fields.string("ca_file").map(path))
    }

    private static func alertmanager(
        _ node: Node, _ place: String, _ path: (String) -> String
    ) throws -> WatchConfiguration.Alertmanager {
        let fields = try Fields(node, place, ["url", "resend", "generator_url", "ca_file"])
        guard let url = try fields.string("url") else { throw Invalid(description: "\(place).url: is needed") }
        try checkURL(url, "\(place).url", ["http", "https"])
        var alertmanager = WatchConfiguration.Alertmanager(url: url)
        alertmanager.resend = try fields.seconds("resend").map { .seconds($0) } ?? alertmanager.resend
        alertmanager.generatorURL = try fields.string("generator_url")
        if let url = alertmanager.generatorURL { try checkURL(url, "\(place).generator_url", ["http", "https"]) }
        alertmanager.caFile = try fields.string("ca_file").map(path)
        return alertmanager
    }

    private static func email(
        _ node: Node, _ place: String, _ path: (String) -> String
    ) throws -> WatchConfiguration.Email {
        let fields = try Fields(node, place, ["smtp", "from", "to", "user", "password_file", "tls", "ca_file"])
        guard let smtp = try fields.string("smtp"), let from = try fields.string("from") else {
            throw Invalid(description: "\(place): smtp, from and to are needed")
        }
        try checkURL(smtp, "\(place).smtp", ["smtp", "smtps"])
        let to = try fields.strings("to")
        for address in [from] + to
        where address.wholeMatch(of: /[!#-'*+\-.\/-9=?A-Z^-~]{1,64}@[A-Za-z0-9.\-]{1,253}/) == nil {
            throw Invalid(
                description: "\(place): \"\(PlainText.line(address))\" is no mail address; write name@example.org")
        }
        var email = WatchConfiguration.Email(smtp: smtp, from: from, to: to)
        email.user = try fields.string("user")
        email.passwordFile = try fields.string("password_file").map(path)
        email.caFile = try fields.string("ca_file").map(path)
        guard (email.user == nil) == (email.passwordFile == nil) else {
            throw Invalid(description: "\(place): user and password_file go together")
        }
        switch try fields.string("tls") ?? "required" {
        case "required": break
        case "none":
            guard smtp.hasPrefix("smtp://"), email.user == nil else {
                throw Invalid(description: "\(place).tls: none goes with smtp:// alone, and with no password")
            }
            email.allowsPlain = true
        default: throw Invalid(description: "\(place).tls: must be required or none")
        }
        return email
    }

    private static func heartbeat(_ node: Node, _ path: (String) -> String) throws -> WatchConfiguration.Heartbeat {
        let place = "alerts.heartbeat"
        let fields = try Fields(node, place, ["url", "url_file", "interval", "timeout", "ca_file"])
        var heartbeat = WatchConfiguration.Heartbeat(address: try address(fields, place, path))
        heartbeat.interval = try fields.duration("interval") ?? heartbeat.interval
        heartbeat.timeout = try fields.duration("timeout") ?? heartbeat.timeout
        heartbeat.caFile = try fields.string("ca_file").map(path)
        return heartbeat
    }

    private static func address(
        _ fields: Fields, _ place: String, _ path: (String) -> String
    ) throws -> WatchConfiguration.Address {
        switch (try fields.string("url"), try fields.string("url_file")) {
        case (let url?, nil):
            try checkURL(url, "\(place).url", ["http", "https"])
            return .url(url)
        case (nil, let file?): return .file(path(file))
        default: throw Invalid(description: "\(place): needs url, or url_file where the URL is secret")
        }
    }

    static func checkURL(_ text: String, _ place: String, _ schemes: Set<String>) throws {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme, schemes.contains(scheme),
            parts.host?.isEmpty == false
        else {
            throw Invalid(
                description:
                    "\(place): must be a URL that begins with \(schemes.sorted().map { $0 + "://" }.joined(separator: " or "))"
            )
        }
        guard parts.user == nil, parts.password == nil else {
            throw Invalid(
                description: "\(place): must not hold a name or password; they have keys and files of their own")
        }
    }
}

extension ConfigurationFile.Fields {
    /// The entries of a list; none where it is absent.
    func list(_ name: String) throws -> [Node] {
        guard let node = self[name] else { return [] }
        guard let entries = node.sequence else {
            throw ConfigurationFile.Invalid(description: "\(place).\(name): must be a list")
        }
        return Array(entries)
    }

    /// A list of texts with one at least.
    func strings(_ name: String) throws -> [String] {
        let texts = try list(name).map { $0.scalar?.string ?? "" }
        guard !texts.isEmpty, !texts.contains("") else {
            throw ConfigurationFile.Invalid(
                description: "\(place).\(name): must be a list of texts, one at least, none of them empty")
        }
        return texts
    }
}
