import CCurl
import Foundation
import Synchronization
import Telemetry
import Tracing

/// libcurl's multi interface on one thread: connections are kept alive, and a thousand logs need no thousand threads.
///
/// `@unchecked Sendable`: the multi handle and the transfers under way belong to the one thread; what others touch is the
/// queue, behind its mutex, and `curl_multi_wakeup`, which libcurl documents as safe from any thread.
public final class CurlLogSource: LogSource, @unchecked Sendable {
    private struct Waiting: Sendable {
        let id: UInt64
        let request: FetchRequest
        let continuation: CheckedContinuation<Result<FetchResponse, FetchError>, Never>
    }

    private struct Queue {
        var waiting: [Waiting] = []
        /// Requests that nobody has an answer to yet.
        var live: Set<UInt64> = []
        var cancelled: Set<UInt64> = []
        var nextID: UInt64 = 0
        var isStopped = false
    }

    private let multi: UnsafeMutableRawPointer
    private let queue = Mutex(Queue())
    private let vantage: WatchConfiguration.Vantage
    private let limits: WatchConfiguration.Limits

    /// - Parameter vantage: one source each, since connections and resolved addresses are shared within it.
    public init(vantage: WatchConfiguration.Vantage, limits: WatchConfiguration.Limits) throws(FetchError) {
        self.vantage = vantage
        self.limits = limits
        guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, let multi = curl_multi_init() else {
            throw FetchError(.other, "libcurl cannot be initialised")
        }
        self.multi = multi
        // Enough that no request waits inside libcurl, where its time runs already.
        nexo_curl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, limits.fetchesPerHost + limits.polls * 8)
        nexo_curl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, limits.fetches + limits.polls * 8)
        let thread = Thread { [self] in run() }
        thread.name = "curl"
        thread.start()
    }

    /// Straight from this machine, with the default limits.
    public convenience init() throws(FetchError) { try self.init(vantage: .direct, limits: .init()) }

    /// Ends the thread; what is under way fails.
    public func stop() {
        queue.withLock { queue in
            guard !queue.isStopped else { return }
            queue.isStopped = true
            curl_multi_wakeup(multi)
        }
    }

    /// Fails at once where the task is cancelled: nobody waits out a silent server's time.
    public func get(_ request: FetchRequest) async throws(FetchError) -> FetchResponse {
        try await withEdgeSpan("GET", ofKind: .client, ["http.request.method": "GET"]) { span throws(FetchError) in
            if span.isRecording { span.attributes["server.address"] = URLComponents(string: request.url)?.host }
            let response = try await perform(request)
            span.attributes["http.response.status_code"] = response.status
            span.attributes["http.response.body.size"] = response.body.count
            if response.status >= 400 { span.fail("\(response.status)") }
            return response
        }
    }

    private func perform(_ request: FetchRequest) async throws(FetchError) -> FetchResponse {
        LoopPulse.current?.works()
        defer { LoopPulse.current?.works() }
        let id = queue.withLock { queue in
            queue.nextID += 1
            queue.live.insert(queue.nextID)
            return queue.nextID
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enqueue(Waiting(id: id, request: request, continuation: continuation))
            }
        } onCancel: {
            queue.withLock { queue in
                guard !queue.isStopped, queue.live.contains(id) else { return }
                queue.cancelled.insert(id)
                curl_multi_wakeup(multi)
            }
        }
        queue.withLock { queue in
            queue.live.remove(id)
            queue.cancelled.remove(id)
        }
        return try result.get()
    }

    private func enqueue(_ entry: Waiting) {
        let isRefused = queue.withLock { queue in
            // Cancelled before it began.
            if queue.isStopped || queue.cancelled.remove(entry.id) != nil { return true }
            queue.waiting.append(entry)
            // Under the lock: the thread frees the handle only after it saw `isStopped` there.
            curl_multi_wakeup(multi)
            return false
        }
        if isRefused { entry.continuation.resume(returning: .failure(FetchError(.other, "the fetch was stopped"))) }
    }

    private func run() {
        var underWay: [UnsafeMutableRawPointer: CurlTransfer] = [:]
        var handles: [UInt64: UnsafeMutableRawPointer] = [:]
        while true {
            let (waiting, cancelled, isStopped) = queue.withLock { queue in
                // A cancelled request that did not come yet stays marked, and is refused when it does.
                defer { queue.waiting = [] }
                return (queue.waiting, queue.cancelled, queue.isStopped)
            }
            for entry in waiting {
                let continuation = entry.continuation
                guard
                    let transfer = CurlTransfer(
                        entry.request, vantage, limits, id: entry.id, completion: { continuation.resume(returning: $0) }
                    )
                else {
                    let reason = "libcurl refuses the URL or the vantage's settings: \(entry.request.url)"
                    continuation.resume(returning: .failure(FetchError(.other, reason)))
                    continue
                }
                let handle = transfer.handle
                underWay[handle] = transfer
                handles[entry.id] = handle
                if curl_multi_add_handle(multi, handle) != CURLM_OK {
                    underWay[handle] = nil
                    handles[entry.id] = nil
                    transfer.finish(CURLE_FAILED_INIT)
                }
            }
            for id in cancelled {
                guard let handle = handles.removeValue(forKey: id) else { continue }
                curl_multi_remove_handle(multi, handle)
                underWay.removeValue(forKey: handle)?.finish(CURLE_ABORTED_BY_CALLBACK)
            }
            if isStopped { break }
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            var left: Int32 = 0
            while let message = curl_multi_info_read(multi, &left) {
                guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else { continue }
                let result = nexo_curl_message_result(message)
                curl_multi_remove_handle(multi, handle)
                guard let transfer = underWay.removeValue(forKey: handle) else { continue }
                handles[transfer.id] = nil
                transfer.finish(result)
            }
            curl_multi_poll(multi, nil, 0, 1_000, nil)
        }
        for (handle, transfer) in underWay {
            curl_multi_remove_handle(multi, handle)
            transfer.finish(CURLE_ABORTED_BY_CALLBACK)
        }
        curl_multi_cleanup(multi)
    }
}
