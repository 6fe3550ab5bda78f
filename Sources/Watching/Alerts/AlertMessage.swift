public import TransparencyLog

/// All that a reader needs to know of an alert, and to check it. The same revision of an alert gives the same message.
public struct AlertMessage: Sendable, Equatable {
    /// One of the first findings of the alert.
    public struct Item: Sendable, Equatable {
        public var finding: Finding
        public var evidence: EvidenceFile?
    }

    /// A file that proves a finding, and how to check it.
    public struct EvidenceFile: Sendable, Equatable {
        public var path: String
        public var sha256: Digest
        /// The command that checks it.
        public var check: String
        /// Whether it could be written; else the store alone has it.
        public var isOnDisk: Bool
    }

    /// Findings that a message quotes; the others are counted.
    public static let quotedFindings = 5

    public var alert: StoredAlert
    public var items: [Item] = []
    /// The command that acknowledges it; nil where there is nothing to acknowledge.
    public var acknowledge: String?

    public var isTest: Bool { alert.kind == .test }

    /// Names this message: a receiver that sees it twice knows that it is one.
    public var key: String { "\(alert.fingerprint.hex)-\(alert.revision)" }

    public init(alert: StoredAlert) { self.alert = alert }

    /// The message of `nexo-watch test-alert`.
    public static func test(at now: UInt64) -> AlertMessage {
        let unique = Digest.sha256((0..<4).flatMap { _ in Array("\(UInt64.random(in: .min ... .max))".utf8) })
        return AlertMessage(
            alert: StoredAlert(
                id: 0, logID: "", logName: "", kind: .test, subject: "", severity: AlertKind.test.severity,
                fingerprint: unique, revision: 1, findings: 0, unstored: 0,
                detail: "Sent by nexo-watch test-alert. Nothing is wrong.", openedAt: now, updatedAt: now))
    }
}
