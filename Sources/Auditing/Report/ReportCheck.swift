import TransparencyLog

/// Whether a report is the one that was signed, and the inputs at hand are those it rests on.
public struct ReportCheck: Sendable {
    /// What does not fit; a file that cannot be read is an error of its own.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    private struct Subject {
        let name: String
        let role: String
        let sha256: String
    }

    private let subjects: [Subject]
    /// The verdict that was signed.
    public let verdict: String

    /// Opens an envelope with the key that the reader trusts.
    public init(envelope: [UInt8], publicKey: [UInt8]) throws(Failure) {
        let opened: DSSEEnvelope
        do { opened = try DSSEEnvelope(bytes: envelope) } catch {
            throw Failure(description: "the envelope cannot be read: \(error)")
        }
        guard opened.verifies(publicKey: publicKey) else {
            throw Failure(description: "the envelope is not signed by this key")
        }
        // Signed, but perhaps by a key that signs other things too.
        let statement: JSONValue
        do { statement = try JSONReader.parse(opened.payload) } catch {
            throw Failure(description: "the signed statement is not JSON: \(error)")
        }
        guard statement.text("_type") == ComplianceReport.statementType,
            statement.text("predicateType") == ComplianceReport.predicateType,
            let entries = statement["subject"]?.elements, let verdict = statement["predicate"]?.text("verdict")
        else { throw Failure(description: "the signed statement is not one about a report of nexo-audit") }
        self.verdict = verdict
        subjects = entries.compactMap { entry in
            guard let name = entry.text("name"), let role = entry["annotations"]?.text("role"),
                let sha256 = entry["digest"]?.text("sha256")
            else { return nil }
            return Subject(name: name, role: role, sha256: sha256)
        }
    }

    /// The report's hash and, where it is JSON, its shape and what it says of its inputs and verdict.
    public func check(report: [UInt8]) throws(Failure) {
        guard let signed = subject(ComplianceReport.reportRole) else {
            throw Failure(description: "the signed statement names no report")
        }
        guard Digest.sha256(report).hex == signed.sha256 else {
            throw Failure(description: "the report is not the one that was signed: its SHA-256 differs")
        }
        guard signed.name.hasSuffix(".json") || report.first == UInt8(ascii: "{") else { return }
        let value: JSONValue
        do { value = try JSONReader.parse(report, maximumBytes: 1 << 30) } catch {
            throw Failure(description: "the report is not JSON: \(error)")
        }
        // SARIF is JSON too, with a shape that is not ours.
        if value["runs"] != nil, value["format"] == nil { return }
        if let fault = ReportShape.fault(in: value) { throw Failure(description: "the report's \(fault)") }
        guard value.text("verdict") == verdict else {
            throw Failure(description: "the report's verdict is not the signed one")
        }
        for input in value["inputs"]?.elements ?? [] {
            guard let role = input.text("role"), let signed = subject(role), input.text("sha256") == signed.sha256
            else { throw Failure(description: "the report names another input than the signed statement") }
        }
    }

    /// An input that is at hand.
    public func check(_ input: InputFile) throws(Failure) {
        guard let signed = subject(input.role.rawValue) else {
            throw Failure(description: "the report was made without \(input.role.rawValue)")
        }
        guard input.sha256.hex == signed.sha256 else {
            throw Failure(
                description: "\(input.name) is not the file that the report rests on: SHA-256 \(input.sha256.hex), "
                    + "signed was \(signed.sha256)")
        }
    }

    private func subject(_ role: String) -> Subject? { subjects.first { $0.role == role } }
}
