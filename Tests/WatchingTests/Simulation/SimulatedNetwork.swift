import HostileLog
import Synchronization
import TransparencyLog

@testable import Watching

/// What the log shows at each vantage, and what becomes of it on the way.
final class SimulatedNetwork: Sendable {
    /// What a vantage is shown.
    struct View: Sendable {
        var branch = 0
        /// The newest elements that are not shown, and the most that one answer has.
        var withheld = 0
        var cap = Int.max
        /// Registrations that come later than their heads.
        var leavesWithheld = 0
        /// What was shown before: a late reply shows it again.
        fileprivate var shown: [(branch: Int, count: Int)] = []
    }

    struct State: Sendable {
        var log = SimulatedLog()
        var views = [View(), View()]
        var random: SplitMix
        /// Of a hundred requests so many come to grief.
        var disturbance: UInt64 = 0
        /// The elements of the answer that arrived last in this poll, oldest first; nil: none did.
        var heard: [SimulatedLog.Element]?
        /// Whether leaves were ever held back, late or lost.
        var leavesWereLate = false
    }

    let state: Mutex<State>

    init(seed: UInt64) { state = Mutex(State(random: SplitMix(state: seed))) }

    func source(_ vantage: Int) -> some LogSource { Source(network: self, vantage: vantage) }

    private struct Source: LogSource {
        let network: SimulatedNetwork
        let vantage: Int

        func get(_ request: FetchRequest) async throws(FetchError) -> FetchResponse {
            try network.state.withLock { state in state.answer(request, vantage) }.get()
        }
    }
}

extension SimulatedNetwork.State {
    fileprivate typealias Answer = Result<FetchResponse, FetchError>

    fileprivate mutating func answer(_ request: FetchRequest, _ vantage: Int) -> Answer {
        let isDisturbed = random.next() % 100 < disturbance
        let fate = isDisturbed ? random.next() % 7 : .max
        if request.url.contains("/sth/chain") {
            heard = nil
            return chain(request, vantage, fate)
        }
        if isDisturbed { leavesWereLate = true }
        return leaves(request, vantage, fate)
    }

    private static func lost(_ fate: UInt64) -> Answer? {
        switch fate {
        case 0: .failure(FetchError(.connect, "the request was lost"))
        case 1: .failure(FetchError(.timeout, "the reply was lost"))
        case 2: .success(FetchResponse(status: 503, body: Array("busy".utf8)))
        case 3: .failure(FetchError(.tooLarge, "the reply does not end"))
        default: nil
        }
    }

    private mutating func chain(_ request: FetchRequest, _ vantage: Int, _ fate: UInt64) -> Answer {
        if let lost = Self.lost(fate) { return lost }
        let limit = request.url.split(separator: "=").last.flatMap { Int($0) } ?? 10
        let view = views[vantage]
        let all = log.branches[view.branch].elements
        var shown = (branch: view.branch, count: max(all.count - view.withheld, 0))
        // A late reply: what a replica that lags shows, or a cache.
        if fate == 4, let old = view.shown.randomElement(using: &random) { shown = old }
        let elements = log.branches[shown.branch].elements.prefix(shown.count).suffix(min(limit, view.cap))
        if elements.isEmpty { return .success(FetchResponse(status: 404, body: [])) }
        var body = Array("[\(elements.reversed().map(\.text).joined(separator: ","))]".utf8)
        let tag = Digest.sha256(body).hex
        if fate == 5 {
            body.removeLast(body.count / 3)
            return .success(FetchResponse(status: 200, body: body))
        }
        if fate == 6 {
            heard = []
            return .success(FetchResponse(status: 200, body: Array("[]".utf8)))
        }
        views[vantage].shown.append(shown)
        if request.validators?.etag == tag {
            heard = []
            return .success(FetchResponse(status: 304, body: []))
        }
        heard = Array(elements)
        var response = FetchResponse(status: 200, body: body)
        response.validators = Validators(etag: tag, lastModified: nil)
        return .success(response)
    }

    private mutating func leaves(_ request: FetchRequest, _ vantage: Int, _ fate: UInt64) -> Answer {
        if let lost = Self.lost(fate) { return lost }
        let view = views[vantage]
        if view.leavesWithheld > 0 { leavesWereLate = true }
        let lines = log.branches[view.branch].leaves.dropLast(view.leavesWithheld)
        var file = Array(lines.map { $0 + "\n" }.joined().utf8)
        // While it is being copied.
        if fate == 4 { file.removeLast(file.count / 3) }
        let tag = Digest.sha256(file).hex
        if request.validators?.etag == tag { return .success(FetchResponse(status: 304, body: [])) }
        let offset = Int(request.from ?? 0)
        // A server without ranges gives all.
        if fate == 5 {
            var whole = FetchResponse(status: 200, body: file)
            whole.validators = Validators(etag: tag, lastModified: nil)
            return .success(whole)
        }
        guard offset < file.count else { return .success(FetchResponse(status: 416, body: [])) }
        let part = file[offset...].prefix(request.count ?? .max)
        var response = FetchResponse(status: 206, body: Array(part))
        response.partStart = UInt64(offset)
        response.totalBytes = UInt64(file.count)
        response.validators = Validators(etag: tag, lastModified: nil)
        return .success(response)
    }
}
