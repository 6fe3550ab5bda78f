import TransparencyLog

/// Fetches the newest heads of a log, in answers that grow until they meet what is known (PROTOCOL: no paging, and a
/// server may cap an answer without saying so).
struct ChainFetcher: Sendable {
    /// The first limit: one small answer a poll is enough in the steady state.
    static let firstLimit = 32
    private static let growth = 8

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
    }

    init(source: any LogSource, url: String, limits: WatchConfiguration.Limits) {
        self.source = source
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.limits = limits
    }

    /// - Parameters:
    ///   - meets: whether the oldest head of an answer is known.
    ///   - grows: called before a first larger answer is asked for.
    func fetch(
        meets: (SignedTreeHead) async throws -> Bool, grows: () async -> Void
    ) async throws -> Answer {
        var limit = min(Self.firstLimit, limits.chainHeads)
        var before = 0
        while true {
            let answer = try await request(limit: limit)
            let isComplete = try await reaches(answer, limit: limit, meets: meets)
            let isCapped =
                limit >= limits.chainHeads || answer.elements.count < limit || answer.elements.count <= before
            if isComplete || isCapped {
                return Answer(body: answer.body, elements: answer.elements, isComplete: isComplete)
            }
            if before == 0 { await grows() }
            before = answer.elements.count
            limit = min(limit * Self.growth, limits.chainHeads)
        }
    }

    /// Whether the oldest head that can be read is the first of the chain, or known.
    private func reaches(
        _ answer: Answer, limit: Int, meets: (SignedTreeHead) async throws -> Bool
    ) async throws -> Bool {
        for range in answer.elements {
            guard let value = try? JSONReader.parse(answer.body[range]), let head = try? SignedTreeHead(value) else {
                continue
            }
            if head.predecessor == .none { return true }
            return try await meets(head)
        }
        return answer.elements.count < limit
    }

    private func request(limit: Int) async throws(FetchError) -> Answer {
        let response = try await source.get(
            FetchRequest(
                url: "\(url)/sth/chain?limit=\(limit)", maximumBytes: limits.chainBytes,
                timeoutSeconds: limits.timeout))
        // An empty log answers 404, or an empty array.
        if response.status == 404 { return Answer(body: [], elements: [], isComplete: true) }
        guard response.status == 200 else { throw FetchError(.httpStatus, "status \(response.status)") }
        do {
            return Answer(
                body: response.body, elements: try JSONElements.ranges(of: response.body).reversed(), isComplete: false)
        } catch {
            throw FetchError(.malformed, "the answer is no JSON array: \(error)")
        }
    }
}
