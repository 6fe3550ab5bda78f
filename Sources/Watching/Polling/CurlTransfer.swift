import CCurl

/// One request under way: its easy handle, its body, and who waits for it. Touched by the curl thread alone once added.
final class CurlTransfer {
    /// The default bound of the largest answer.
    private static let mostReserved = 256 << 20

    let handle: UnsafeMutableRawPointer
    let id: UInt64
    private let maximumBytes: Int
    private let maximumHeaderBytes: Int
    /// A part of a file: no encoding was asked for, and none could be undone.
    private let isPart: Bool
    private var headerBytes = 0
    private var headers = ResponseHeaders()
    private var body: [UInt8] = []
    /// Why the answer is refused.
    private var excess: String?
    private let completion: (Result<FetchResponse, FetchError>) -> Void
    /// Why it failed, in libcurl's words: a certificate that is refused, an address that does not answer.
    private let reason = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    /// What the handle points to.
    private var lists: [UnsafeMutablePointer<curl_slist>] = []

    init?(
        _ request: FetchRequest, _ vantage: WatchConfiguration.Vantage, _ limits: WatchConfiguration.Limits,
        id: UInt64, completion: @escaping (Result<FetchResponse, FetchError>) -> Void
    ) {
        guard let handle = curl_easy_init() else { return nil }
        self.handle = handle
        self.id = id
        maximumBytes = request.maximumBytes
        maximumHeaderBytes = limits.headerBytes
        isPart = request.from != nil
        self.completion = completion
        let lines = vantage.headers + (request.validators?.headers ?? [])
        reason[0] = 0
        guard nexo_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, reason) == CURLE_OK, bound(request, limits),
            ask(request), set(CURLOPT_HTTPHEADER, lines), connect(vantage), receive()
        else { return nil }
    }

    deinit {
        curl_easy_cleanup(handle)
        for list in lists { curl_slist_free_all(list) }
        reason.deallocate()
    }

    /// No time without a bound.
    private func bound(_ request: FetchRequest, _ limits: WatchConfiguration.Limits) -> Bool {
        let milliseconds = request.timeoutSeconds * 1_000
        return [
            nexo_curl_set_long(handle, CURLOPT_NOSIGNAL, 1),
            // Else libcurl waits for a resolver that does not answer, and all logs with it.
            nexo_curl_set_long(handle, CURLOPT_QUICK_EXIT, 1),
            nexo_curl_set_long(handle, CURLOPT_TIMEOUT_MS, milliseconds),
            nexo_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, min(milliseconds, 10_000)),
            nexo_curl_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, limits.lowSpeed),
            nexo_curl_set_long(handle, CURLOPT_LOW_SPEED_TIME, limits.lowSpeedTime),
        ].allSatisfy { $0 == CURLE_OK }
    }

    private func ask(_ request: FetchRequest) -> Bool {
        [
            nexo_curl_set_string(handle, CURLOPT_URL, request.url),
            nexo_curl_set_string(handle, CURLOPT_PROTOCOLS_STR, "http,https"),
            nexo_curl_set_string(handle, CURLOPT_USERAGENT, "nexo-watch"),
            // HTTP/2 where a server offers it over TLS.
            nexo_curl_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS)),
            // Empty: every encoding that libcurl was built with; the limit counts decoded bytes. A range of an encoded
            // body could not be decoded.
            request.from == nil ? nexo_curl_set_string(handle, CURLOPT_ACCEPT_ENCODING, "") : CURLE_OK,
            nexo_curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0),
            request.range.map { nexo_curl_set_string(handle, CURLOPT_RANGE, $0) } ?? CURLE_OK,
        ].allSatisfy { $0 == CURLE_OK }
    }

    private func connect(_ vantage: WatchConfiguration.Vantage) -> Bool {
        func optional(_ option: CURLoption, _ value: String?) -> CURLcode {
            value.map { nexo_curl_set_string(handle, option, $0) } ?? CURLE_OK
        }
        let settings = [
            // Empty: no proxy, and no exception to one, comes from the environment.
            nexo_curl_set_string(handle, CURLOPT_PROXY, vantage.proxy ?? ""),
            nexo_curl_set_string(handle, CURLOPT_NOPROXY, ""),
            // A proxy's own headers are none of the log's.
            nexo_curl_set_long(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1),
            optional(CURLOPT_INTERFACE, vantage.interface),
            optional(CURLOPT_SSLCERT, vantage.clientCertificate),
            optional(CURLOPT_SSLKEY, vantage.clientKey),
            optional(CURLOPT_CAINFO, vantage.caFile),
            optional(CURLOPT_PINNEDPUBLICKEY, vantage.pinnedKey),
        ]
        return settings.allSatisfy { $0 == CURLE_OK } && set(CURLOPT_RESOLVE, vantage.resolve)
    }

    private func receive() -> Bool {
        let write: nexo_curl_write_callback = { data, size, count, context in
            guard let data, let context else { return 0 }
            return Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue().take(data, size * count)
        }
        let header: nexo_curl_write_callback = { data, size, count, context in
            guard let data, let context else { return 0 }
            return Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue().takeHeader(data, size * count)
        }
        let context = Unmanaged.passUnretained(self).toOpaque()
        return [
            nexo_curl_set_callback(handle, CURLOPT_WRITEFUNCTION, write),
            nexo_curl_set_pointer(handle, CURLOPT_WRITEDATA, context),
            nexo_curl_set_callback(handle, CURLOPT_HEADERFUNCTION, header),
            nexo_curl_set_pointer(handle, CURLOPT_HEADERDATA, context),
        ].allSatisfy { $0 == CURLE_OK }
    }

    private func set(_ option: CURLoption, _ entries: [String]) -> Bool {
        var list: UnsafeMutablePointer<curl_slist>?
        for entry in entries {
            guard let longer = curl_slist_append(list, entry) else {
                curl_slist_free_all(list)
                return false
            }
            list = longer
        }
        guard let list else { return true }
        lists.append(list)
        return nexo_curl_set_pointer(handle, option, list) == CURLE_OK
    }

    private func take(_ data: UnsafeMutablePointer<CChar>, _ count: Int) -> Int {
        guard count <= maximumBytes - body.count else {
            excess = "the body has more than \(maximumBytes) bytes"
            return 0
        }
        if body.isEmpty { reserve() }
        data.withMemoryRebound(to: UInt8.self, capacity: count) {
            body.append(contentsOf: UnsafeBufferPointer(start: $0, count: count))
        }
        return count
    }

    private func takeHeader(_ data: UnsafeMutablePointer<CChar>, _ count: Int) -> Int {
        guard count <= maximumHeaderBytes - headerBytes else {
            excess = "the headers have more than \(maximumHeaderBytes) bytes"
            return 0
        }
        headerBytes += count
        data.withMemoryRebound(to: UInt8.self, capacity: count) {
            headers.take(UnsafeBufferPointer(start: $0, count: count))
        }
        return count
    }

    /// Makes room at once for a body whose length was announced; growing step by step would take twice the memory. But
    /// anybody can announce any length, and to ask for memory that is not there ends the process.
    private func reserve() {
        let announced = offset(CURLINFO_CONTENT_LENGTH_DOWNLOAD_T)
        if announced > 0 { body.reserveCapacity(min(announced, maximumBytes, Self.mostReserved)) }
    }

    private func offset(_ info: CURLINFO) -> Int {
        var value: curl_off_t = 0
        nexo_curl_get_offset(handle, info, &value)
        return Int(value)
    }

    /// Tells the waiter how it went.
    func finish(_ result: CURLcode) {
        if let excess {
            completion(.failure(FetchError(.tooLarge, excess)))
        } else if result == CURLE_OK, isPart, let encoding = headers.encoding {
            let name = PlainText.bounded(PlainText.line(encoding), maximumBytes: 100)
            completion(
                .failure(FetchError(.malformed, "the answer is encoded (\(name)), and no encoding was asked for")))
        } else if result == CURLE_OK {
            var status = 0
            nexo_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
            var response = FetchResponse(status: status, body: body)
            response.validators = Validators(etag: headers["etag"], lastModified: headers["last-modified"])
            response.partStart = headers.partStart
            response.totalBytes = headers.totalBytes
            response.retryAfter = headers["retry-after"] == nil ? nil : offset(CURLINFO_RETRY_AFTER)
            response.clock = clock()
            completion(.success(response))
        } else if result == CURLE_OUT_OF_MEMORY {
            // What libcurl says of a line that it takes no more of.
            completion(.failure(FetchError(.tooLarge, "a line of the headers has no end, or there is no memory")))
        } else {
            let detail = String(cString: reason[0] == 0 ? curl_easy_strerror(result) : UnsafePointer(reason))
            completion(.failure(FetchError(.init(result, detail), detail)))
        }
    }

    /// The server wrote its `Date` between our request and its first byte; libcurl's times are of the monotonic clock.
    private func clock() -> ServerClock? {
        guard let text = headers["date"] else { return nil }
        let date = curl_getdate(text, nil)
        guard date > 0 else { return nil }
        let microseconds = 1e-6
        let first = Double(offset(CURLINFO_STARTTRANSFER_TIME_T)) * microseconds
        let half = max(first - Double(offset(CURLINFO_PRETRANSFER_TIME_T)) * microseconds, 0) / 2
        return ServerClock(
            date: Int64(date), at: .now, age: Double(offset(CURLINFO_TOTAL_TIME_T)) * microseconds - first + half,
            uncertainty: half + 0.5)
    }
}

extension FetchRequest {
    /// As HTTP writes it: both ends count.
    fileprivate var range: String? {
        from.map { from in "\(from)-\(count.map { String(from + UInt64($0) - 1) } ?? "")" }
    }
}

extension Validators {
    fileprivate var headers: [String] {
        [etag.map { "If-None-Match: \($0)" }, lastModified.map { "If-Modified-Since: \($0)" }].compactMap { $0 }
    }
}

extension FetchError.Reason {
    init(_ code: CURLcode, _ detail: String) {
        self =
            switch code {
            // TLS 1.3 refuses a client's certificate when the handshake is over for the client already.
            case CURLE_RECV_ERROR where detail.contains("SSL_"), CURLE_SEND_ERROR where detail.contains("SSL_"): .tls
            case CURLE_RECV_ERROR where detail.contains("chunk"): .malformed
            // An answer that is no HTTP of today.
            case CURLE_UNSUPPORTED_PROTOCOL where detail.contains("HTTP"): .malformed
            case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_WRITE_ERROR: .malformed
            case CURLE_FILESIZE_EXCEEDED: .tooLarge
            case CURLE_OPERATION_TIMEDOUT: .timeout
            case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_GOT_NOTHING, CURLE_RECV_ERROR,
                CURLE_SEND_ERROR, CURLE_PARTIAL_FILE, CURLE_INTERFACE_FAILED, CURLE_HTTP2, CURLE_HTTP2_STREAM:
                .connect
            case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: .proxy
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
                CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
                .tls
            default: .other
            }
    }
}
