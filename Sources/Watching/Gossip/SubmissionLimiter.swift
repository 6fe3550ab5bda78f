import Synchronization

/// So many submissions a minute of one address. Addresses are kept in memory, no longer than they count.
final class SubmissionLimiter: Sendable {
    private struct Window {
        var began: ContinuousClock.Instant
        var count = 0
    }

    private static let length = Duration.seconds(60)
    private let most: Int
    private let addresses: Int
    private let windows = Mutex<[String: Window]>([:])

    init(_ limits: GossipLimits) {
        most = limits.submissionsPerMinute
        addresses = limits.submitters
    }

    /// - Parameter address: of IPv6, the network of 64 bits counts: one subscriber has all of it.
    /// - Returns: whether the address may submit now.
    func allows(_ address: String, at now: ContinuousClock.Instant = .now) -> Bool {
        let key = Self.network(address)
        return windows.withLock { windows in
            if windows[key] == nil, windows.count >= addresses {
                windows = windows.filter { now - $0.value.began < Self.length }
                // So many at once: whoever is new waits, rather than that those who were refused are forgotten.
                guard windows.count < addresses else { return false }
            }
            var window = windows[key] ?? Window(began: now)
            if now - window.began >= Self.length { window = Window(began: now) }
            window.count += 1
            windows[key] = window
            return window.count <= most
        }
    }

    private static func network(_ address: String) -> String {
        guard address.contains(":"), !address.hasPrefix("::ffff:") else { return address }
        // `a::b` stands for zeroes; the first four groups of what is written out before it.
        let front = address.components(before: "::").split(separator: ":").prefix(4)
        return front.joined(separator: ":") + "/64"
    }
}

extension String {
    fileprivate func components(before mark: String) -> Substring {
        guard let range = firstRange(of: mark) else { return self[...] }
        return self[..<range.lowerBound]
    }
}
