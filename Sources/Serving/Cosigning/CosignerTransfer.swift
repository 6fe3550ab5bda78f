import CCurl

/// What libcurl does for a `CosignerConnection`. Its handle keeps the connection open from one question to the next.
///
/// It is not FoundationNetworking that asks: there a limit of time is one of silence alone, an answer is collected
/// whatever its size, and a redirect is followed, with our token.
final class CosignerTransfer {
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private let handle: UnsafeMutableRawPointer
    private var headers: UnsafeMutablePointer<curl_slist>?
    private let maximumBytes: Int
    private var bytesLeft = 0
    private var isCut = false
    private var body: [UInt8] = []

    init?(url: String, token: String, maximumBytes: Int) {
        guard Self.isReady, let handle = curl_easy_init() else { return nil }
        self.handle = handle
        self.maximumBytes = maximumBytes
        // Without `Expect`: a server that does not know it would cost a second.
        for line in ["Authorization: Bearer \(token)", "Content-Type: application/json", "Expect:"] {
            headers = curl_slist_append(headers, line)
        }
        guard configure(url) else { return nil }
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(headers)
    }

    /// Waits for the whole answer.
    func post(_ question: [UInt8], within patience: Duration) throws(CosignerConnection.Failure)
        -> CosignerConnection.Answer
    {
        (bytesLeft, isCut, body) = (maximumBytes, false, [])
        defer { body = [] }
        // 0 were no limit at all.
        nexo_curl_set_long(handle, CURLOPT_TIMEOUT_MS, max(Int(patience / .milliseconds(1)), 1))
        let begun = ContinuousClock.now
        let code = question.withUnsafeBytes { bytes in
            // libcurl reads there until the call returns, and writes nothing.
            nexo_curl_set_pointer(handle, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            nexo_curl_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
            return curl_easy_perform(handle)
        }
        guard !isCut else {
            throw CosignerConnection.Failure(
                description: "an answer of more than \(maximumBytes) bytes", failureKind: "too_large")
        }
        guard code == CURLE_OK else {
            throw CosignerConnection.Failure(
                description: String(cString: curl_easy_strerror(code)),
                failureKind: code == CURLE_OPERATION_TIMEDOUT ? "timeout" : "failed")
        }
        var status = 0
        nexo_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        return CosignerConnection.Answer(status: status, body: body, spent: .now - begun)
    }

    private func configure(_ url: String) -> Bool {
        let write: nexo_curl_write_callback = { data, size, count, context in
            guard let data, let context else { return 0 }
            return Unmanaged<CosignerTransfer>.fromOpaque(context).takeUnretainedValue().take(data, size * count)
        }
        let header: nexo_curl_write_callback = { _, size, count, context in
            guard let context else { return 0 }
            return Unmanaged<CosignerTransfer>.fromOpaque(context).takeUnretainedValue().spend(size * count)
        }
        let context = Unmanaged.passUnretained(self).toOpaque()
        return [
            nexo_curl_set_string(handle, CURLOPT_URL, url),
            nexo_curl_set_string(handle, CURLOPT_PROTOCOLS_STR, "http,https"),
            nexo_curl_set_string(handle, CURLOPT_USERAGENT, "nexo-server"),
            nexo_curl_set_long(handle, CURLOPT_POST, 1),
            nexo_curl_set_pointer(handle, CURLOPT_HTTPHEADER, headers),
            nexo_curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0),
            nexo_curl_set_long(handle, CURLOPT_NOSIGNAL, 1),
            // Else libcurl waits for a resolver that does not answer.
            nexo_curl_set_long(handle, CURLOPT_QUICK_EXIT, 1),
            nexo_curl_set_callback(handle, CURLOPT_WRITEFUNCTION, write),
            nexo_curl_set_pointer(handle, CURLOPT_WRITEDATA, context),
            nexo_curl_set_callback(handle, CURLOPT_HEADERFUNCTION, header),
            nexo_curl_set_pointer(handle, CURLOPT_HEADERDATA, context),
        ].allSatisfy { $0 == CURLE_OK }
    }

    private func take(_ data: UnsafeMutablePointer<CChar>, _ count: Int) -> Int {
        guard spend(count) == count else { return 0 }
        data.withMemoryRebound(to: UInt8.self, capacity: count) {
            body.append(contentsOf: UnsafeBufferPointer(start: $0, count: count))
        }
        return count
    }

    /// - Returns: what libcurl is told: another number than it gave ends the transfer.
    private func spend(_ count: Int) -> Int {
        guard count <= bytesLeft else {
            isCut = true
            return 0
        }
        bytesLeft -= count
        return count
    }
}
