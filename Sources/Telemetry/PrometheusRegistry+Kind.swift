extension PrometheusRegistry {
    /// What a family of series is.
    public enum Kind: Hashable, Sendable {
        /// Only rises; starts at 0 when made, so that a rate can be taken from the first event on.
        case counter
        /// Goes up and down; not shown before it is first set, as 0 would be a claim.
        case gauge
        /// Counts observations by upper bound; timers observe seconds. The bound `+Inf` is always added.
        case histogram(buckets: [Double])

        /// Upper bounds for families that were not declared, those of Prometheus's own client libraries.
        public static let defaultBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

        /// The word in the TYPE line.
        var word: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }

        /// As kept: bounds finite, ascending, each once.
        var normalised: Kind {
            guard case .histogram(let buckets) = self else { return self }
            return .histogram(buckets: Set(buckets.filter(\.isFinite)).sorted())
        }
    }
}
