import Auditing
import Foundation
import HostileLog
import TransparencyLog

/// Logs with fixed keys and times, whose reports are kept in Fixtures/report. `NEXO_WRITE_FIXTURES=1` in the tests'
/// environment writes them again.
enum ReportFixture: String, CaseIterable, Sendable {
    /// Every promise kept, one cosigner sometimes absent, one key rotated.
    case clean
    /// A fork, a wrong root, a broken link, too few signatures, and text that would be markup.
    case broken
    /// The heads alone, the first of them missing.
    case incomplete

    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures/report")
    static let mustWrite = ProcessInfo.processInfo.environment["NEXO_WRITE_FIXTURES"] == "1"

    var folder: URL { Self.folder.appending(path: rawValue) }

    private static let start: UInt64 = 1_767_225_600  // 2026-01-01
    private static let heads = 60
    static let rotationSize: UInt64 = 31
    static let signer = Ed25519.PrivateKey(seed: [UInt8](repeating: 0x5A, count: 32))

    /// Six heads a day, but for two days of silence.
    private static func time(_ index: Int) -> UInt64 {
        start + UInt64(index) * 14_400 + (index > 40 ? 172_800 : 0)
    }

    private func log() throws -> TestLog {
        var log = TestLog(firstSeed: 21)
        for index in 0..<Self.heads {
            log.register("user\(index)@example.org")
            try log.publish { lies in
                lies.timestamp = Self.time(index)
                // cosigner_2's key counts from the rotation on; before, another key of its own did not sign.
                lies.signers = index + 1 >= Self.rotationSize && index % 3 != 0 ? [0, 1, 2] : [0, 1]
                guard self == .broken else { return }
                switch index {
                case 12: lies.signers = [0]
                case 20: lies.root = Digest.sha256([1])
                case 25: lies.previous = Digest.sha256([2]).base64
                case 33: lies.timestamp = Self.time(index) - 50_000
                case 45:
                    lies.signatures =
                        #"[{"cosigner":"<script>alert(1)</script>|](http://evil.example)","sig":"AA=="}]"#
                case 46: lies.signers = [1, 2]
                default: break
                }
            }
        }
        if self == .broken {
            try log.publish { lies in
                lies.root = Digest.sha256([3])
                lies.timestamp = Self.time(Self.heads)
            }
        }
        return log
    }

    private func trust(_ log: TestLog) throws -> TrustFile {
        let old = Ed25519.PrivateKey(seed: [UInt8](repeating: 90, count: 32))?.publicKey ?? []
        let keys = log.keys.map(\.publicKey)
        return try TrustFile(
            name: "nexo-example", canonical: .jcs, policy: .init(t: 2, n: 3),
            cosigners: [
                .init(id: "cosigner_0", publicKey: keys[0]), .init(id: "cosigner_1", publicKey: keys[1]),
                .init(id: "cosigner_2", publicKey: old, untilTreeSize: Self.rotationSize - 1),
                .init(id: "cosigner_2", publicKey: keys[2], fromTreeSize: Self.rotationSize),
            ])
    }

    /// The inputs, as files by name.
    func inputs() throws -> [(name: String, bytes: [UInt8])] {
        let log = try log()
        func lines(_ lines: some Sequence<String>) -> [UInt8] { lines.flatMap { Array(($0 + "\n").utf8) } }
        let heads = self == .incomplete ? Array(log.headLines.dropFirst(2)) : log.headLines
        var files = [("trust.json", try trust(log).json.bytes() + [0x0A]), ("sth.jsonl", lines(heads))]
        if self != .incomplete { files.append(("users.jsonl", lines(log.leafLines))) }
        return files
    }

    /// Writes the inputs to a folder, and reports on them there.
    func report(
        in scratch: ScratchFolder, jobs: Int = 2, created: UInt64? = nil, to end: AuditRange.Bound? = nil
    ) async throws -> ComplianceReport {
        var paths: [String: String] = [:]
        for (name, bytes) in try inputs() { paths[name] = try scratch.write(bytes, to: name) }
        let trustPath = paths["trust.json"] ?? ""
        var run = ReportRun(
            trust: try TrustFile(json: Array(Data(contentsOf: URL(fileURLWithPath: trustPath)))),
            trustInput: try InputFile(role: .trust, path: trustPath), heads: paths["sth.jsonl"] ?? "",
            leaves: paths["users.jsonl"], created: created, jobs: jobs)
        run.audit.range.to = end
        return try await run()
    }

    /// All outputs, as files by name.
    static func outputs(_ report: ComplianceReport) -> [(name: String, bytes: [UInt8])] {
        let json = Array(report.json().utf8)
        var files = [
            ("report.json", json), ("report.md", Array(report.markdown().utf8)),
            ("report.html", Array(report.html().utf8)), ("report.sarif", Array(report.sarif().utf8)),
        ]
        if let signer {
            let statement = report.statement(of: json, name: "report.json")
            files.append(("report.json.dsse.json", DSSEEnvelope(statement, key: signer).bytes))
        }
        return files
    }
}
