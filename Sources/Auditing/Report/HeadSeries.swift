/// The course of a log over its period, in memory that does not grow with it: where it is full, neighbours are merged.
public struct HeadSeries: Hashable, Sendable {
    /// Some heads that follow each other.
    public struct Sample: Hashable, Sendable {
        /// How many heads stand before these.
        public var firstHead: Int
        public var heads: Int
        public var firstTimestamp: UInt64
        public var lastTimestamp: UInt64
        /// The largest size among them.
        public var treeSize: UInt64
        /// The greatest age that the newest quorum head had reached when one of these came.
        public var greatestAge: UInt64
    }

    static let capacity = 256

    public private(set) var samples: [Sample] = []
    private var headsPerSample = 1
    private var count = 0

    mutating func note(timestamp: UInt64, treeSize: UInt64, age: UInt64) {
        let next = Sample(
            firstHead: count, heads: 1, firstTimestamp: timestamp, lastTimestamp: timestamp, treeSize: treeSize,
            greatestAge: age)
        count += 1
        if let last = samples.last, last.heads < headsPerSample {
            samples[samples.count - 1] = last.merged(with: next)
            return
        }
        if samples.count == Self.capacity { halve() }
        samples.append(next)
    }

    private mutating func halve() {
        samples = stride(from: 0, to: samples.count, by: 2).map { index in
            index + 1 < samples.count ? samples[index].merged(with: samples[index + 1]) : samples[index]
        }
        headsPerSample *= 2
    }

    /// About when the log reached a size: exact to the heads that one sample stands for.
    func time(ofSize treeSize: UInt64) -> UInt64? {
        (samples.first { $0.treeSize >= treeSize } ?? samples.last)?.lastTimestamp
    }

    /// About when the head at a place of the chain, from 0, was signed.
    func time(ofHead index: Int) -> UInt64? {
        (samples.first { $0.firstHead + $0.heads > index } ?? samples.last)?.lastTimestamp
    }
}

extension HeadSeries.Sample {
    fileprivate func merged(with next: Self) -> Self {
        Self(
            firstHead: firstHead, heads: heads + next.heads, firstTimestamp: min(firstTimestamp, next.firstTimestamp),
            lastTimestamp: max(lastTimestamp, next.lastTimestamp), treeSize: max(treeSize, next.treeSize),
            greatestAge: max(greatestAge, next.greatestAge))
    }
}
