import TransparencyLog

/// Fetches the newest heads of a log, in answers that grow until they meet what is known (PROTOCOL, "HTTP interface": there
/// are no pages, and a server may cap an answer without saying so).
struct ChainFetcher: Sendable {
    /// The first limit: one small answer a poll is enough in the steady state.
    static let firstLimit = 32
    private static let growth = 8
    private static let place = "sth/chain"

    let source: any LogSource
    let url: String
    let limits: WatchConfiguration.Limits

    /// The heads of one answer, oldest first, each as it was received.
    struct Answer: Sendable {
        let body: [UInt8]
        /// Oldest first.
        let elements: [Range<Int>]
        /// Whether the answer goes back to what is known or to the first head.
        let isComplete: Bool
        /// The server says that nothing changed since the answer that `validators` came with (304).
        var isUnchanged = false
        /// Of an answer that was not asked for again in a larger one.
        var validators: Validators?
        var clock: ServerClock?
    }

    init(source: any LogSource, url: String, limits: WatchConfiguration.Limits) {
        self.source = source
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.limits = limits
    }

    /// - Parameters:
    ///   - validators: of the answer that is known already.
    ///   - meets: whether the oldest head of an answer is known.
    ///   - grows: called before a first larger answer is asked for.
    ///   - spend: called with the bytes of each larger answer.
    func fetch(
        validators: Validators? = nil, meets: (SignedTreeHead) async throws -> Bool, grows: () async -> Void,
        spend: (Int) async throws -> Void
    ) async throws -> Answer {
        var limit = min(Self.firstLimit, limits.chainHeads)
        var before = 0
        var isFirst = true
        while true {
            guard let answer = try await request(limit: limit, isFirst: isFirst, validators: validators) else {
                await grows()
                isFirst = false
                continue
            }
            if answer.isUnchanged { return answer }
            if !isFirst { try await spend(answer.body.count) }
            let isComplete = try await reaches(answer, limit: limit, meets: meets)
            let isCapped =
                limit >= limits.chainHeads || answer.elements.count < limit || answer.elements.count <= before
            if isComplete || isCapped {
                return Answer(
                    body: answer.body, elements: answer.elements, isComplete: isComplete,
                    validators: isFirst ? answer.validators : nil, clock: answer.clock)
            }
            if isFirst { await grows() }
            isFirst = false
            before = answer.elements.count
            limit = min(limit * Self.growth, limits.chainHeads)
        }
    }

    /// A small answer may take no more memory than so many heads.
    private var smallBytes: Int { min(limits.chainBytes, Self.firstLimit * limits.headBytes) }

    /// Whether the oldest head that can be read is the first of the chain, or known.
    private func reaches(
        _ answer: Answer, limit: Int, meets: (SignedTreeHead) async throws -> Bool
    ) async throws -> Bool {
        for range in answer.elements {
            // A longer one is malformed; to read it would take many times its bytes.
            guard range.count <= limits.headBytes,
                let head = try? SignedTreeHead(json: Array(answer.body[range]), maximumBytes: limits.headBytes)
            else { continue }
            if head.predecessor == .none { return true }
            return try await meets(head)
        }
        return answer.elements.count < limit
    }

    /// - Returns: nil where a first answer is not small: heads are long, or the server knows no limit.
    private func request(
        limit: Int, isFirst: Bool, validators: Validators?
    ) async throws(FetchError) -> Answer? {
        let request = FetchRequest(
            url: "\(url)/sth/chain?limit=\(limit)", maximumBytes: isFirst ? smallBytes : limits.chainBytes,
            timeoutSeconds: limits.timeout, validators: isFirst ? validators : nil)
        let response: FetchResponse
        do { response = try await source.get(request) } catch {
            guard isFirst, error.reason == .tooLarge, smallBytes < limits.chainBytes else { throw error.at(Self.place) }
            return nil
        }
        switch response.status {
        case 200: break
        // An empty log answers 404, or an empty array.
        case 404: return Answer(body: [], elements: [], isComplete: true, clock: response.clock)
        case 304 where request.validators != nil:
            return Answer(
                body: [], elements: [], isComplete: true, isUnchanged: true, validators: validators,
                clock: response.clock)
        default:
            throw FetchError(response, at: Self.place)
        }
        let ranges: [Range<Int>]?
        do { ranges = try JSONElements.ranges(of: response.body, maximum: limits.chainHeads) } catch {
            throw FetchError(.malformed, "\(Self.place): the answer is no JSON array: \(error)")
        }
        // A server that knows no limit gives all that it has, and is bounded by what one that knows it would be asked for.
        guard let elements = ranges else {
            throw FetchError(
                .tooLarge,
                "\(Self.place): the answer has more than \(limits.chainHeads) heads; raise limits.chain_heads if the server "
                    + "gives so many, whatever it is asked for")
        }
        return Answer(
            body: response.body, elements: elements.reversed(), isComplete: false, validators: response.validators,
            clock: response.clock)
    }
}
