import CCurl
import Foundation
import Synchronization

/// A call under way.
///
/// `@unchecked Sendable`: everything is touched by the one thread that performs the transfer, but the flag behind its
/// mutex, and the multi handle in `curl_multi_wakeup`, which libcurl documents as safe from any thread; the handle lives
/// as long as this object.
final class CurlCallTransfer: @unchecked Sendable {
    typealias Result = Swift.Result<CurlCall.Answer, SinkFailure>

    private static let maximumBody = 64 << 10
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private let multi: UnsafeMutableRawPointer
    private let easy: UnsafeMutableRawPointer
    private let request: [UInt8]
    private let method: CurlCall.Method
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var recipients: UnsafeMutablePointer<curl_slist>?
    private var sent = 0
    private var body: [UInt8] = []
    private var isCut = false
    private let isCancelled = Mutex(false)

    init(_ call: CurlCall) throws(SinkFailure) {
        guard Self.isReady, let multi = curl_multi_init() else { throw SinkFailure("libcurl cannot be initialised") }
        guard let easy = curl_easy_init() else {
            curl_multi_cleanup(multi)
            throw SinkFailure("libcurl cannot be initialised")
        }
        self.multi = multi
        self.easy = easy
        request = call.body
        method = call.method
        guard configure(call) else { throw SinkFailure("the settings cannot be used; check the sink's URL") }
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_multi_cleanup(multi)
        curl_slist_free_all(headers)
        curl_slist_free_all(recipients)
    }

    func start(_ continuation: CheckedContinuation<Result, Never>) {
        let thread = Thread { [self] in continuation.resume(returning: run()) }
        thread.name = "alert"
        thread.start()
    }

    func cancel() {
        isCancelled.withLock { $0 = true }
        curl_multi_wakeup(multi)
    }

    private func run() -> Result {
        guard curl_multi_add_handle(multi, easy) == CURLM_OK else {
            return .failure(SinkFailure("libcurl cannot be initialised"))
        }
        defer { curl_multi_remove_handle(multi, easy) }
        while !isCancelled.withLock({ $0 }) {
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            var left: Int32 = 0
            while let message = curl_multi_info_read(multi, &left) {
                if message.pointee.msg == CURLMSG_DONE { return outcome(nexo_curl_message_result(message)) }
            }
            curl_multi_poll(multi, nil, 0, 1_000, nil)
        }
        return .failure(SinkFailure("was stopped"))
    }

    private func outcome(_ code: CURLcode) -> Result {
        var status = 0
        nexo_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        if code == CURLE_OK || isCut { return .success(.init(status: status, body: body)) }
        let reason = String(cString: curl_easy_strerror(code))
        return .failure(SinkFailure(status == 0 ? reason : "\(reason) (the server's last answer was \(status))"))
    }

    // MARK: Settings

    private func configure(_ call: CurlCall) -> Bool {
        let milliseconds = Int(call.timeout / .milliseconds(1))
        let context = Unmanaged.passUnretained(self).toOpaque()
        let write: nexo_curl_write_callback = { data, size, count, context in
            guard let data, let context else { return 0 }
            return Unmanaged<CurlCallTransfer>.fromOpaque(context).takeUnretainedValue().take(data, size * count)
        }
        var settings = [
            nexo_curl_set_string(easy, CURLOPT_URL, call.url),
            nexo_curl_set_string(easy, CURLOPT_USERAGENT, "nexo-watch"),
            nexo_curl_set_long(easy, CURLOPT_NOSIGNAL, 1),
            nexo_curl_set_long(easy, CURLOPT_QUICK_EXIT, 1),
            nexo_curl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0),
            nexo_curl_set_long(easy, CURLOPT_TIMEOUT_MS, milliseconds),
            nexo_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds),
            nexo_curl_set_callback(easy, CURLOPT_WRITEFUNCTION, write),
            nexo_curl_set_pointer(easy, CURLOPT_WRITEDATA, context),
        ]
        if let user = call.user { settings.append(nexo_curl_set_string(easy, CURLOPT_USERNAME, user)) }
        if let password = call.password { settings.append(nexo_curl_set_string(easy, CURLOPT_PASSWORD, password)) }
        if let file = call.authorities { settings.append(nexo_curl_set_string(easy, CURLOPT_CAINFO, file)) }
        if case .startTLS = call.encryption {
            settings.append(nexo_curl_set_long(easy, CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue)))
        }
        switch call.method {
        case .get: settings.append(nexo_curl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https"))
        case .post: settings += post(call, context)
        case .mail(let from, let to, let isTest): settings += mail(from, to, isTest, context)
        }
        return settings.allSatisfy { $0 == CURLE_OK }
    }

    private func post(_ call: CurlCall, _ context: UnsafeMutableRawPointer) -> [CURLcode] {
        // Without `Expect`: a server that does not know it would cost a second.
        for line in call.headers + ["Expect:"] { headers = curl_slist_append(headers, line) }
        return [
            nexo_curl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https"),
            nexo_curl_set_long(easy, CURLOPT_POST, 1),
            nexo_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.count)),
            nexo_curl_set_pointer(easy, CURLOPT_HTTPHEADER, headers),
            reading(context), nexo_curl_set_pointer(easy, CURLOPT_READDATA, context),
        ]
    }

    private func mail(
        _ from: String, _ to: [String], _ isTest: Bool, _ context: UnsafeMutableRawPointer
    ) -> [CURLcode] {
        for address in to { recipients = curl_slist_append(recipients, "<\(address)>") }
        return [
            nexo_curl_set_string(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps"),
            nexo_curl_set_string(easy, CURLOPT_MAIL_FROM, "<\(from)>"),
            nexo_curl_set_pointer(easy, CURLOPT_MAIL_RCPT, recipients),
            nexo_curl_set_long(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, isTest ? 0 : 1),
            nexo_curl_set_long(easy, CURLOPT_UPLOAD, 1),
            nexo_curl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(request.count)),
            reading(context), nexo_curl_set_pointer(easy, CURLOPT_READDATA, context),
        ]
    }

    private func reading(_ context: UnsafeMutableRawPointer) -> CURLcode {
        let read: nexo_curl_write_callback = { buffer, size, count, context in
            guard let buffer, let context else { return 0 }
            return Unmanaged<CurlCallTransfer>.fromOpaque(context).takeUnretainedValue().give(buffer, size * count)
        }
        return nexo_curl_set_callback(easy, CURLOPT_READFUNCTION, read)
    }

    // MARK: Bytes

    private func give(_ buffer: UnsafeMutablePointer<CChar>, _ room: Int) -> Int {
        let count = min(room, request.count - sent)
        request.withUnsafeBytes { bytes in
            guard count > 0, let start = bytes.baseAddress else { return }
            UnsafeMutableRawPointer(buffer).copyMemory(from: start + sent, byteCount: count)
        }
        sent += count
        return count
    }

    /// What is more than a text to quote ends the transfer; its status is known by then.
    private func take(_ data: UnsafeMutablePointer<CChar>, _ count: Int) -> Int {
        guard body.count + count <= Self.maximumBody else {
            isCut = true
            return 0
        }
        data.withMemoryRebound(to: UInt8.self, capacity: count) {
            body.append(contentsOf: UnsafeBufferPointer(start: $0, count: count))
        }
        return count
    }
}
