import Foundation
import Yams

extension ConfigurationFile {
    private static let schemes = ["http://", "https://", "socks4://", "socks4a://", "socks5://", "socks5h://"]
    /// Headers that the watcher sets itself.
    private static let reserved: Set<String> = ["range", "if-none-match", "if-modified-since", "accept-encoding"]

    /// The vantages of one log, or of all that name none.
    static func vantages(
        _ node: Node, _ place: String, _ path: (String) -> String
    ) throws -> [WatchConfiguration.Vantage] {
        guard let entries = node.sequence, !entries.isEmpty else {
            throw Invalid(description: "\(place): must be a list of at least one vantage")
        }
        let vantages = try entries.enumerated().map { try vantage($1, "\(place)[\($0)]", path) }
        let names = vantages.map(\.name)
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw Invalid(description: "\(place): the name \"\(twice)\" stands twice")
        }
        return vantages
    }

    private static func vantage(
        _ node: Node, _ place: String, _ path: (String) -> String
    ) throws -> WatchConfiguration.Vantage {
        let fields = try Fields(
            node, place,
            [
                "name", "proxy", "interface", "resolve", "headers", "client_certificate", "client_key", "pinned_key",
                "ca_file",
            ])
        guard let name = try fields.string("name"), (1...64).contains(name.utf8.count),
            name.utf8.allSatisfy({ $0 == 0x2D || $0 == 0x2E || $0 == 0x5F || isAlphanumeric($0) })
        else {
            throw Invalid(
                description: "\(place).name: is needed, of at most 64 letters, digits, \"-\", \".\" and \"_\"")
        }
        var vantage = WatchConfiguration.Vantage(name: name)
        vantage.proxy = try fields.string("proxy")
        if let proxy = vantage.proxy, !schemes.contains(where: proxy.hasPrefix) {
            throw Invalid(
                description: "\(place).proxy: must begin with one of \(schemes.joined(separator: ", "))")
        }
        vantage.interface = try fields.string("interface")
        if let node = fields["resolve"] { vantage.resolve = try resolve(node, "\(place).resolve") }
        if let node = fields["headers"] { vantage.headers = try headers(node, "\(place).headers") }
        if fields["client_key"] != nil, fields["client_certificate"] == nil {
            throw Invalid(description: "\(place).client_key: is of no use without client_certificate")
        }
        vantage.clientCertificate = try file(fields, "client_certificate", place, path)
        vantage.clientKey = try file(fields, "client_key", place, path)
        vantage.caFile = try file(fields, "ca_file", place, path)
        vantage.pinnedKey = try fields.string("pinned_key")
        if let pins = vantage.pinnedKey, !pins.split(separator: ";").allSatisfy({ $0.hasPrefix("sha256//") }) {
            throw Invalid(
                description: "\(place).pinned_key: must be \"sha256//\" and the base64 of the key's SHA-256")
        }
        return vantage
    }

    private static func resolve(_ node: Node, _ place: String) throws -> [String] {
        let entries = (node.sequence ?? []).compactMap { $0.scalar?.string }
        guard !entries.isEmpty, entries.count == node.sequence?.count else {
            throw Invalid(description: "\(place): must be a list of host:port:address")
        }
        for entry in entries {
            let parts = entry.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, !parts[0].isEmpty, UInt16(parts[1]) != nil, !parts[2].isEmpty else {
                throw Invalid(description: "\(place): \"\(entry)\" is not host:port:address")
            }
        }
        return entries
    }

    private static func headers(_ node: Node, _ place: String) throws -> [String] {
        guard let mapping = node.mapping else {
            throw Invalid(description: "\(place): must be a mapping of names and values")
        }
        return try mapping.map { key, value in
            guard let name = key.string, !name.isEmpty, let text = value.scalar?.string,
                name.utf8.allSatisfy({ $0 == 0x2D || isAlphanumeric($0) }),
                text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else {
                throw Invalid(description: "\(place): \"\(key.string ?? "?")\" is no header, or its value none")
            }
            guard !reserved.contains(name.lowercased()) else {
                throw Invalid(description: "\(place): \(name) is set by the watcher itself")
            }
            // With a semicolon, libcurl sends a header that has no value; with a colon it would leave it out.
            return text.isEmpty ? "\(name);" : "\(name): \(text)"
        }
    }

    /// libcurl reads the file with each connection: a wrong one is better found now than then.
    static func isPEM(_ path: String) -> Bool {
        FileManager.default.contents(atPath: path)?.firstRange(of: Data("-----BEGIN ".utf8)) != nil
    }

    private static func file(
        _ fields: Fields, _ name: String, _ place: String, _ path: (String) -> String
    ) throws -> String? {
        guard let file = try fields.string(name).map(path) else { return nil }
        guard FileManager.default.isReadableFile(atPath: file) else {
            throw Invalid(description: "\(place).\(name): \(file) cannot be read; check its path")
        }
        guard isPEM(file) else {
            throw Invalid(description: "\(place).\(name): \(file) is no PEM file; it has no line -----BEGIN …-----")
        }
        return file
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
