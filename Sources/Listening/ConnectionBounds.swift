package import NIOCore

/// What a client may cost before it is known.
package struct ConnectionBounds: Sendable, Equatable {
    /// Between requests, between two parts of one, and for a client to take a part of an answer.
    package var idle = TimeAmount.seconds(60)
    /// Of one field: its name, or its value; and of a request's target.
    package var fieldBytes = 8 << 10
    /// Of all fields together.
    package var headerBytes = 16 << 10
    package var fieldCount = 64
    /// For how long, and for how much, the rest of a request is read and thrown away once the last answer is given: were the
    /// connection closed over unread bytes, the system would tell its client of an error, and the answer could be lost.
    package var linger = TimeAmount.seconds(2)
    package var lingerBytes = 1 << 20

    package init() {}
}
