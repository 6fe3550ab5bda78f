public import Telemetry

/// Where a log's bytes come from: the port of the poller, with libcurl behind it, and a script in tests.
public protocol LogSource: Sendable {
    /// One GET. Every size and time is bounded by the request.
    func get(_ request: FetchRequest) async throws(FetchError) -> FetchResponse
}

public struct FetchRequest: Hashable, Sendable {
    public var url: String
    /// Ask for the bytes from here on (HTTP Range), `count` of them or all.
    public var from: UInt64?
    public var count: Int?
    /// A longer body is refused, however it is encoded.
    public var maximumBytes: Int
    /// For the whole request.
    public var timeoutSeconds: Int
    /// What is at hand already: an answer 304 says that it is still so.
    public var validators: Validators?

    public init(
        url: String, from: UInt64? = nil, count: Int? = nil, maximumBytes: Int, timeoutSeconds: Int,
        validators: Validators? = nil
    ) {
        self.validators = validators
        self.count = count
        self.url = url
        self.from = from
        self.maximumBytes = maximumBytes
        self.timeoutSeconds = timeoutSeconds
    }
}

public struct FetchResponse: Sendable {
    public var status: Int
    public var body: [UInt8]
    public var validators: Validators?
    /// Where this part begins in the whole file, and the bytes of that (Content-Range).
    public var partStart: UInt64?
    public var totalBytes: UInt64?
    /// Seconds that the server asks us to wait.
    public var retryAfter: Int?
    public var clock: ServerClock?

    public init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}

/// What makes a request conditional (RFC 9110, section 13).
public struct Validators: Hashable, Sendable {
    public var etag: String?
    public var lastModified: String?

    /// - Returns: nil if a server gave neither, or something longer than anybody needs.
    public init?(etag: String?, lastModified: String?) {
        guard etag != nil || lastModified != nil, (etag ?? lastModified ?? "").utf8.count <= 1_024 else { return nil }
        self.etag = etag
        self.lastModified = etag == nil ? lastModified : nil
    }
}

/// What a server's `Date` says, and when it said so.
public struct ServerClock: Hashable, Sendable {
    /// Seconds since 1970, of a whole second.
    public var date: Int64
    /// When the answer was complete.
    public var at: ContinuousClock.Instant
    /// Seconds from the middle of the round trip, in which `date` was written, until then.
    public var age: Double
    /// Seconds; half of the round trip, and half of the second that `date` leaves open.
    public var uncertainty: Double
}

/// Why nothing was fetched. The reasons are a closed set, since they label metrics.
public struct FetchError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Reason: String, CaseIterable, Sendable {
        case connect, timeout, tls, proxy
        case tooLarge = "too_large"
        case httpStatus = "http_status"
        case malformed, empty, other
    }

    public let reason: Reason
    public let detail: String
    /// Seconds that the server asks us to wait (Retry-After).
    public let retryAfter: Int?

    public init(_ reason: Reason, _ detail: String, retryAfter: Int? = nil) {
        self.reason = reason
        self.detail = detail
        self.retryAfter = retryAfter
    }

    /// A status that nothing can be done with.
    ///
    /// - Parameter place: what was asked for.
    init(_ response: FetchResponse, at place: String) {
        let hint =
            (300..<400).contains(response.status) && response.status != 304
            ? "; redirects are not followed: watch.yaml must name the log's own address" : ""
        self.init(
            .httpStatus, "\(place): status \(response.status)\(hint)", retryAfter: response.retryAfter)
    }

    /// The same, with what was asked for.
    func at(_ place: String) -> FetchError { FetchError(reason, "\(place): \(detail)", retryAfter: retryAfter) }

    public var description: String { "\(reason.rawValue): \(detail)" }
}

extension FetchError: TracedFailure {
    public var failureKind: String { reason.rawValue }
}
