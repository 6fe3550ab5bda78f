import CCurl

/// One request under way: its easy handle, its body, and who waits for it. Touched by the curl thread alone once added.
final class CurlTransfer {
    let handle: OpaquePointer
    let id: UInt64
    private let maximumBytes: Int
    private(set) var body: [UInt8] = []
    private(set) var isTooLarge = false
    let completion: (Result<FetchResponse, FetchError>) -> Void

    init?(_ request: FetchRequest, id: UInt64, completion: @escaping (Result<FetchResponse, FetchError>) -> Void) {
        guard let handle = curl_easy_init() else { return nil }
        self.handle = OpaquePointer(handle)
        self.id = id
        maximumBytes = request.maximumBytes
        self.completion = completion
        let milliseconds = request.timeoutSeconds * 1_000
        let write: nexo_curl_write_callback = { data, size, count, context in
            guard let data, let context else { return 0 }
            return Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue().take(data, size * count)
        }
        let settings = [
            nexo_curl_set_string(handle, CURLOPT_URL, request.url),
            nexo_curl_set_string(handle, CURLOPT_PROTOCOLS_STR, "http,https"),
            nexo_curl_set_string(handle, CURLOPT_USERAGENT, "nexo-watch"),
            // Empty: every encoding that libcurl was built with; the limit counts decoded bytes. A range of an encoded
            // body could not be decoded.
            request.from == nil ? nexo_curl_set_string(handle, CURLOPT_ACCEPT_ENCODING, "") : CURLE_OK,
            nexo_curl_set_long(handle, CURLOPT_NOSIGNAL, 1),
            // Else libcurl waits for a resolver that does not answer, and all logs with it.
            nexo_curl_set_long(handle, CURLOPT_QUICK_EXIT, 1),
            nexo_curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0),
            nexo_curl_set_long(handle, CURLOPT_TIMEOUT_MS, milliseconds),
            nexo_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, min(milliseconds, 10_000)),
            nexo_curl_set_callback(handle, CURLOPT_WRITEFUNCTION, write),
            nexo_curl_set_pointer(handle, CURLOPT_WRITEDATA, Unmanaged.passUnretained(self).toOpaque()),
            request.range.map { nexo_curl_set_string(handle, CURLOPT_RANGE, $0) } ?? CURLE_OK,
        ]
        guard settings.allSatisfy({ $0 == CURLE_OK }) else { return nil }
    }

    deinit { curl_easy_cleanup(UnsafeMutableRawPointer(handle)) }

    private func take(_ data: UnsafeMutablePointer<CChar>, _ count: Int) -> Int {
        guard count <= maximumBytes - body.count else {
            isTooLarge = true
            return 0
        }
        if body.isEmpty { reserve() }
        data.withMemoryRebound(to: UInt8.self, capacity: count) {
            body.append(contentsOf: UnsafeBufferPointer(start: $0, count: count))
        }
        return count
    }

    /// Makes room at once for a body whose length was announced; growing step by step would take twice the memory.
    private func reserve() {
        var announced: curl_off_t = 0
        nexo_curl_get_offset(UnsafeMutableRawPointer(handle), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced)
        if announced > 0 { body.reserveCapacity(min(Int(announced), maximumBytes)) }
    }

    /// Tells the waiter how it went.
    func finish(_ result: CURLcode) {
        if isTooLarge {
            completion(.failure(FetchError(.tooLarge, "the body has more than \(maximumBytes) bytes")))
        } else if result == CURLE_OK {
            var status = 0
            nexo_curl_get_long(UnsafeMutableRawPointer(handle), CURLINFO_RESPONSE_CODE, &status)
            completion(.success(FetchResponse(status: status, body: body)))
        } else {
            let reason: FetchError.Reason =
                switch result {
                case CURLE_OPERATION_TIMEDOUT: .timeout
                case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_GOT_NOTHING, CURLE_RECV_ERROR,
                    CURLE_SEND_ERROR, CURLE_PARTIAL_FILE:
                    .connect
                case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION: .tls
                default: .other
                }
            completion(.failure(FetchError(reason, String(cString: curl_easy_strerror(result)))))
        }
    }
}

extension FetchRequest {
    /// As HTTP writes it: both ends count.
    fileprivate var range: String? {
        from.map { from in "\(from)-\(count.map { String(from + UInt64($0) - 1) } ?? "")" }
    }
}
