import Yams

extension ConfigurationFile {
    /// For one id or pattern.
    private static let watchBytes = 4_096

    /// `watch:` of a log: ids, and patterns with `*`.
    static func watch(_ fields: Fields, _ limits: WatchConfiguration.Limits) throws -> [String] {
        guard fields["watch"] != nil else { return [] }
        let entries = try fields.strings("watch")
        let place = "\(fields.place).watch"
        guard entries.count <= limits.watchedIDs else {
            throw Invalid(
                description:
                    "\(place): has \(entries.count) entries, and limits.watched_ids is \(limits.watchedIDs); raise that"
            )
        }
        if let entry = entries.first(where: { $0.utf8.count > watchBytes }) {
            throw Invalid(
                description: "\(place): \"\(entry.prefix(40))…\" is longer than \(watchBytes) bytes; shorten it with *")
        }
        return entries
    }
}
