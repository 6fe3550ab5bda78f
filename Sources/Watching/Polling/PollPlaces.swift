/// Places for polls under way: so many at once, and so many with one key (a host, through one vantage). Who waits for a
/// slow host waits for a place of that host, and takes none of the others'.
actor PollPlaces {
    private let perKey: Int
    private var free: Int
    private var taken: [String: Int] = [:]
    private var waiting: [(key: String, continuation: CheckedContinuation<Void, Never>)] = []

    init(places: Int, perKey: Int) {
        free = places
        self.perKey = perKey
    }

    func enter(_ key: String) async {
        guard !hasRoom(key) else { return take(key) }
        LoopPulse.current?.waits()
        await withCheckedContinuation { waiting.append((key, $0)) }
        LoopPulse.current?.works()
    }

    func leave(_ key: String) {
        free += 1
        taken[key] = taken[key].flatMap { $0 > 1 ? $0 - 1 : nil }
        // In their order, but past those whose host has no room.
        guard let next = waiting.firstIndex(where: { hasRoom($0.key) }) else { return }
        let (key, continuation) = waiting.remove(at: next)
        take(key)
        continuation.resume()
    }

    private func hasRoom(_ key: String) -> Bool { free > 0 && taken[key, default: 0] < perKey }

    private func take(_ key: String) {
        free -= 1
        taken[key, default: 0] += 1
    }
}
