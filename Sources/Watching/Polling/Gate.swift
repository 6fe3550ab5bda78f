/// Lets so many polls run at once; the others wait in their order.
actor Gate {
    private struct Waiter {
        let ticket: Int
        let place: CheckedContinuation<Bool, Never>
        /// Whether it waits for as long as it takes.
        let isPatient: Bool
    }

    private var free: Int
    private var waiting: [Waiter] = []
    private var tickets = 0

    init(places: Int) { free = places }

    func enter() async {
        if free > 0 {
            free -= 1
        } else {
            LoopPulse.current?.waits()
            _ = await wait(nextTicket(), isPatient: true)
            LoopPulse.current?.works()
        }
    }

    /// Waits no longer than so long: some have more to do than to wait for one place. They go before those who wait for as
    /// long as it takes, who could keep them out together.
    ///
    /// - Returns: whether there is a place, which is to be left.
    func enter(within patience: Duration) async -> Bool {
        if free > 0 {
            free -= 1
            return true
        }
        let ticket = nextTicket()
        let end = Task { [weak self] in
            try? await Task.sleep(for: patience)
            await self?.giveUp(ticket)
        }
        defer { end.cancel() }
        // A cancelled timer ends at once.
        return await withTaskCancellationHandler {
            await wait(ticket, isPatient: false)
        } onCancel: {
            end.cancel()
        }
    }

    /// How many wait.
    var waiters: Int { waiting.count }

    func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().place.resume(returning: true) }
    }

    private func nextTicket() -> Int {
        tickets += 1
        return tickets
    }

    private func wait(_ ticket: Int, isPatient: Bool) async -> Bool {
        await withCheckedContinuation { place in
            let index = isPatient ? waiting.endIndex : waiting.firstIndex(where: \.isPatient) ?? waiting.endIndex
            waiting.insert(Waiter(ticket: ticket, place: place, isPatient: isPatient), at: index)
        }
    }

    private func giveUp(_ ticket: Int) {
        guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return }
        waiting.remove(at: index).place.resume(returning: false)
    }
}
