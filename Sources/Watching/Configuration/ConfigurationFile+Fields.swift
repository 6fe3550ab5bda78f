import Yams

extension ConfigurationFile {
    /// The members of one mapping, none of them unknown.
    struct Fields {
        // More than anybody needs; and so far from what a number holds that no sum or product of settings overflows.
        private static let mostOfACount = 1_000_000_000
        private static let mostBytes = 1 << 40
        private static let longest = Duration.seconds(36_500 * 86_400)

        /// Nothing for the file itself.
        let place: String
        private var nodes: [String: Node] = [:]

        init(_ node: Node, _ place: String, _ known: Set<String>) throws {
            self.place = place
            guard let mapping = node.mapping else {
                throw Invalid(
                    description: place.isEmpty ? "must be a mapping of keys and values" : "\(place): must be a mapping")
            }
            for (key, value) in mapping {
                guard let name = key.string, known.contains(name) else {
                    let line = key.mark.map { " in line \($0.line)" } ?? ""
                    throw Invalid(
                        description: (place.isEmpty ? "" : "\(place): ")
                            + "unknown key \"\(key.string ?? "?")\"\(line); known are "
                            + known.sorted().joined(separator: ", "))
                }
                nodes[name] = value
            }
        }

        subscript(name: String) -> Node? { nodes[name] }

        private func place(of name: String) -> String { place.isEmpty ? name : "\(place).\(name)" }

        func string(_ name: String) throws -> String? {
            guard let node = nodes[name] else { return nil }
            guard let text = node.scalar?.string, !text.isEmpty else {
                throw Invalid(description: "\(place(of: name)): must be a text that is not empty")
            }
            return text
        }

        func count(_ name: String) throws -> Int? { try number(name, upTo: Self.mostOfACount) }

        /// A size, or a rate of bytes a second.
        func bytes(_ name: String) throws -> Int? { try number(name, upTo: Self.mostBytes) }

        private func number(_ name: String, upTo most: Int) throws -> Int? {
            guard let text = try string(name) else { return nil }
            guard let value = Int(text), (1...most).contains(value) else {
                throw Invalid(description: "\(place(of: name)): must be a whole number from 1 to \(most)")
            }
            return value
        }

        /// `15s`, `5m`, `24h`, `7d`, in whole seconds.
        func seconds(_ name: String) throws -> Int? {
            guard let duration = try duration(name) else { return nil }
            guard duration >= .seconds(1) else {
                throw Invalid(description: "\(place(of: name)): must be at least 1s")
            }
            return Int(duration.components.seconds)
        }

        /// `500ms`, `15s`, `5m`, `24h`, `7d`.
        func duration(_ name: String) throws -> Duration? {
            guard let text = try string(name) else { return nil }
            let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
            guard let unit = units.first(where: { text.hasSuffix($0.0) }),
                let value = Int(text.dropLast(unit.0.count)), value > 0, value <= 1_000_000,
                case let duration = Duration.milliseconds(value * unit.1), duration <= Self.longest
            else {
                throw Invalid(
                    description: "\(place(of: name)): must be a duration such as 15s, 5m, 24h or 7d, at most 36500d")
            }
            return duration
        }
    }
}
