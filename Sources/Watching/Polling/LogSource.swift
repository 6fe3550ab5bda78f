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

    public init(
        url: String, from: UInt64? = nil, count: Int? = nil, maximumBytes: Int, timeoutSeconds: Int
    ) {
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

    public init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}

/// Why nothing was fetched. The reasons are a closed set, since they label metrics.
public struct FetchError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Reason: String, CaseIterable, Sendable {
        case connect, timeout, tls
        case tooLarge = "too_large"
        case httpStatus = "http_status"
        case malformed, empty, other
    }

    public let reason: Reason
    public let detail: String

    public init(_ reason: Reason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }

    public var description: String { "\(reason.rawValue): \(detail)" }
}
