import TransparencyLog

extension LogWatcher {
    /// The newest heads, as far back as something that is known.
    func fetch(
        _ point: VantagePoint, _ memory: PollMemory, grows: () async -> Void
    ) async throws -> Result<ChainFetcher.Answer, FetchError> {
        let position = try await store.position(of: log.logID)
        let fetcher = ChainFetcher(source: point.source, url: log.url, limits: log.limits)
        do {
            let answer = try await fetcher.fetch(
                validators: memory.chain,
                meets: { head in
                    // By its hash alone: a size proves nothing, and an unknown head behind a known size stands behind a
                    // gap.
                    guard let hash = try? head.hash(log.verifier.trust.canonical) else { return false }
                    return try await !store.heads([hash], logID: log.logID).isEmpty
                }, grows: grows, spend: { try await shared.rate.spend($0) })
            if let heard = answer.clock {
                metrics.heard(log, skew: clock.hear(heard, from: VantagePoint.server(of: log.url)))
            }
            // A field server gives an empty array where its file is unreadable: that shows nothing of the log.
            if answer.elements.isEmpty, !answer.isUnchanged, position.seenSize > 0 {
                throw FetchError(.empty, "the log had heads, and the answer has none")
            }
            return .success(answer)
        } catch let error as FetchError {
            return .failure(error)
        }
    }
}
