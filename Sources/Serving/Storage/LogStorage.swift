public import LogFiles

/// Where the log's registrations and heads are kept, as lines of JSON: a port, so that another storage can take the
/// place of files.
public protocol LogStorage: Sendable {
    /// Appends registrations, which are durable when it returns. If it throws, none of them was added.
    func append(registrations lines: [[UInt8]]) async throws(LogFileError)
    /// Appends heads, likewise.
    func append(heads lines: [[UInt8]]) async throws(LogFileError)
    /// The lines of registrations by their number, from 0.
    func registrations(_ range: Range<Int>) throws(LogFileError) -> [[UInt8]]
    /// The lines of heads by their number, from 0.
    func heads(_ range: Range<Int>) throws(LogFileError) -> [[UInt8]]
    /// The bytes that the first registrations take together, one a line.
    func registrationBytes(of count: Int) -> UInt64
    /// A part of those bytes.
    func registrationBytes(_ range: Range<UInt64>) throws(LogFileError) -> [UInt8]
}
