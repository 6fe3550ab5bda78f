/// Lets so many polls run at once; the others wait in their order.
actor Gate {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(places: Int) { free = places }

    func enter() async {
        if free > 0 {
            free -= 1
        } else {
            LoopPulse.current?.waits()
            await withCheckedContinuation { waiting.append($0) }
            LoopPulse.current?.works()
        }
    }

    func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
