/// What all logs share of this machine.
struct SharedBounds: Sendable {
    let polls: PollPlaces
    /// Logs that catch up at once, in large answers. One host never takes them all, if there is more than one.
    let catchUps: PollPlaces
    let rate: CatchUpRate

    init(_ limits: WatchConfiguration.Limits) {
        polls = PollPlaces(places: limits.fetches, perKey: limits.fetchesPerHost)
        catchUps = PollPlaces(places: limits.polls, perKey: max(limits.polls / 2, 1))
        rate = CatchUpRate(bytesPerSecond: limits.catchUpRate)
    }
}
