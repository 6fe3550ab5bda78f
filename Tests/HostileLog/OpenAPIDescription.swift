public import TransparencyLog
import Yams

/// As much of OpenAPI as the description uses, for checking answers against it.
public struct OpenAPIDescription: @unchecked Sendable {
    // YAML as dictionaries and arrays, never written to after the start.
    private let root: [String: Any]

    public init(_ yaml: String) throws {
        root = try Yams.load(yaml: yaml) as? [String: Any] ?? [:]
    }

    public var paths: [String] { (root["paths"] as? [String: Any] ?? [:]).keys.sorted() }

    /// What of an answer in JSON does not fit.
    public func problems(of answer: JSONValue, path: String, method: String = "get", status: Int = 200) -> [String] {
        guard var described = at(root, ["paths", path, method, "responses", "\(status)"]) else {
            return ["\(status) is not described"]
        }
        if let reference = described["$ref"] as? String { described = resolved(reference) ?? [:] }
        guard let schema = at(described, ["content", "application/json", "schema"]) else { return ["no schema"] }
        return problems(answer, schema, "")
    }

    private func resolved(_ reference: String) -> [String: Any]? {
        at(root, reference.dropFirst(2).split(separator: "/").map(String.init))
    }

    private func at(_ value: Any, _ keys: [String]) -> [String: Any]? {
        keys.reduce(value as? [String: Any]) { $0?[$1] as? [String: Any] }
    }

    private func problems(_ value: JSONValue, _ schema: [String: Any], _ place: String) -> [String] {
        if let reference = schema["$ref"] as? String {
            return resolved(reference).map { problems(value, $0, place) } ?? ["\(place): nothing at \(reference)"]
        }
        if case .null = value { return schema["nullable"] as? Bool == true ? [] : ["\(place): null"] }
        if let allowed = schema["enum"] as? [String], !allowed.contains(value.text?.description ?? "") {
            return ["\(place): \(value.serialized()) is none of \(allowed)"]
        }
        switch schema["type"] as? String {
        case "string": return value.text == nil ? ["\(place): no string"] : []
        case "integer": return value.plainInteger == nil ? ["\(place): no integer"] : []
        case "boolean": if case .bool = value { return [] } else { return ["\(place): no boolean"] }
        case "array":
            guard let elements = value.elements, let items = schema["items"] as? [String: Any] else {
                return ["\(place): no array"]
            }
            return elements.enumerated().flatMap { problems($0.element, items, "\(place)[\($0.offset)]") }
        case "object": return objectProblems(value, schema, place)
        default: return ["\(place): no type in the schema"]
        }
    }

    private func objectProblems(_ value: JSONValue, _ schema: [String: Any], _ place: String) -> [String] {
        guard let members = value.members else { return ["\(place): no object"] }
        let names = members.map(\.name.description)
        let properties = schema["properties"] as? [String: Any] ?? [:]
        var found = (schema["required"] as? [String] ?? []).filter { !names.contains($0) }.map {
            "\(place).\($0): missing"
        }
        for member in members {
            let name = member.name.description
            if let inner = properties[name] as? [String: Any] {
                found += problems(member.value, inner, "\(place).\(name)")
            } else if schema["additionalProperties"] as? Bool == false {
                found.append("\(place).\(name): not described")
            }
        }
        return found
    }
}
