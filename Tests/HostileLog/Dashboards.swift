import Foundation
import Yams

/// The files under dashboards/, as far as tests judge them.
public struct Dashboards: Sendable {
    public struct Dashboard: Decodable, Sendable {
        public struct Panel: Decodable, Sendable {
            public struct Target: Decodable, Sendable {
                public let expr: String
            }
            struct FieldConfig: Decodable {
                struct Defaults: Decodable {
                    let unit: String?
                }
                let defaults: Defaults
            }

            public let id: Int
            public let type: String
            public let title: String
            public let description: String?
            public let targets: [Target]?
            private let fieldConfig: FieldConfig?
            public var unit: String? { fieldConfig?.defaults.unit }
        }
        struct Annotations: Decodable {
            let list: [Panel.Target]
        }
        struct Templating: Decodable {
            struct Variable: Decodable {
                let name: String
                let type: String
                let definition: String?
            }
            let list: [Variable]
        }

        public let uid: String
        public let title: String
        public let panels: [Panel]
        private let annotations: Annotations
        private let templating: Templating

        public var variables: [String] { templating.list.map(\.name) }
        public var hasDataSource: Bool { templating.list.contains { $0.type == "datasource" } }
        public var annotationExpressions: [String] { annotations.list.map(\.expr) }
        /// Of panels, annotations and variables.
        public var expressions: [String] {
            panels.flatMap { $0.targets ?? [] }.map(\.expr) + annotationExpressions
                + templating.list.compactMap(\.definition)
        }
    }

    public struct Rule: Decodable, Sendable {
        public let alert: String
        public let expr: String
        public let labels: [String: String]
        public let annotations: [String: String]
    }
    private struct RuleFile: Decodable {
        struct Group: Decodable {
            let rules: [Rule]
        }
        let groups: [Group]
    }
    private struct RuleTests: Decodable {
        struct Test: Decodable {
            let cases: [Case]
            enum CodingKeys: String, CodingKey { case cases = "alert_rule_test" }
        }
        struct Case: Decodable {
            let alertname: String
            let expected: [Expected]
            enum CodingKeys: String, CodingKey {
                case alertname
                case expected = "exp_alerts"
            }
        }
        struct Expected: Decodable {}
        let tests: [Test]
    }

    public let all: [Dashboard]
    public let rules: [Rule]
    /// Names of the alerts that a case of alerts_test.yml expects to fire.
    public let firing: Set<String>
    /// Names of those that a case expects to stay silent.
    public let silent: Set<String>

    public init() throws {
        let folder = RepositoryFile.url("dashboards")
        all = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }.sorted()
            .map { try JSONDecoder().decode(Dashboard.self, from: Data(contentsOf: folder.appending(path: $0))) }
        func text(_ name: String) throws -> String {
            try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        }
        rules = try YAMLDecoder().decode(RuleFile.self, from: text("alerts.yml")).groups.flatMap(\.rules)
        let cases = try YAMLDecoder().decode(RuleTests.self, from: text("alerts_test.yml")).tests.flatMap(\.cases)
        firing = Set(cases.filter { !$0.expected.isEmpty }.map(\.alertname))
        silent = Set(cases.filter(\.expected.isEmpty).map(\.alertname))
    }

    /// The families that dashboards and rules ask for, by the beginning of their names.
    public func families(_ prefix: String) throws -> Set<String> {
        let name = try Regex<Substring>("\\b\(prefix)[a-z_]*[a-z]")
        let texts = all.flatMap(\.expressions) + rules.map(\.expr)
        let names = texts.flatMap { $0.matches(of: name).map { String($0.0) } }
        return Set(names.map { $0.replacing(/_seconds_(bucket|sum|count)$/, with: "_seconds") })
    }
}
