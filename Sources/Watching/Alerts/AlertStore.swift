/// Alerts and the queues of the sinks, kept where the findings are: the port, with SQLite behind it.
///
/// Findings join their alerts in `HeadStore.commit`, in one transaction with the heads that they are about.
public protocol AlertStore: Sendable {
    func alert(_ id: Int64) async throws -> StoredAlert?
    /// Alerts that are not closed; those that were acknowledged and go on are among them.
    func openAlerts() async throws -> [StoredAlert]
    /// The first findings of an alert, of those whose evidence is on its way to the disk.
    func findings(ofAlert id: Int64, limit: Int) async throws -> [StoredFinding]
    /// Opens an alert for a trouble; nil where one is open.
    func raise(_ trouble: RaisedTrouble, at now: UInt64) async throws -> StoredAlert?
    /// Closes the open alert of a trouble; nil where there is none.
    func resolve(_ trouble: RaisedTrouble, at now: UInt64) async throws -> StoredAlert?
    /// - Parameter revision: what was read; an alert that changed since is not acknowledged. Nil: whatever it says by now.
    /// - Throws: `AcknowledgementRefused` where there is nothing to acknowledge.
    func acknowledge(
        _ id: Int64, revision: Int64?, _ acknowledgement: StoredAlert.Acknowledgement
    ) async throws -> StoredAlert

    /// Names the sinks that are to be told from now on. One that is new is told of what is open.
    func openQueues(_ sinks: [String], at now: UInt64) async throws
    /// What a sink is to be told, those that failed least often first; nothing whose evidence is not on its way to the
    /// disk yet.
    ///
    /// - Parameter toldBefore: an alert that the sink was told of before is left out if that was later.
    func queued(for sink: String, toldBefore: UInt64, now: UInt64, limit: Int) async throws -> [QueuedAlert]
    /// Alerts that the sink was told of, and that fire or ended since a time: for sinks that want to be reminded.
    func remindable(for sink: String, endedSince: UInt64, limit: Int) async throws -> [QueuedAlert]
    func markTold(_ sink: String, alert: Int64, revision: Int64, at now: UInt64) async throws
    func markFailed(_ sink: String, alert: Int64, error: String) async throws
    /// - Parameter holding: seconds that the next message about an alert is held back, which are no wait.
    func queueState(of sink: String, holding: UInt64) async throws -> QueueState

    /// Heads that wait for their leaves, counted up to a limit.
    func pendingCount(of logID: String, limit: Int) async throws -> Int
    /// Writes for the sake of writing: proves that the store can be written.
    func pulse(at now: UInt64) async throws
}

/// A trouble as it is raised and resolved.
public struct RaisedTrouble: Hashable, Sendable {
    public var kind: AlertKind.Trouble
    public var logID = ""
    public var logName = ""
    public var subject = ""
    public var detail = ""

    /// What makes it the same trouble.
    struct Key: Hashable {
        let kind: AlertKind.Trouble
        let logID: String
        let subject: String
    }

    var key: Key { Key(kind: kind, logID: logID, subject: subject) }
}

/// How long a queue is, and since when its oldest message waits.
public struct QueueState: Hashable, Sendable {
    public var depth: Int
    /// Since when the oldest message is due.
    public var oldest: UInt64?
}

public struct AcknowledgementRefused: Error, CustomStringConvertible, Sendable {
    public let description: String
}
