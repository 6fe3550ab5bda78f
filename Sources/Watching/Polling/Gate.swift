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
    /// Whether who was let in last could have given up.
    private var wasImpatient = false

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

    /// Waits no longer than so long: some have more to do than to wait for one place. They and those who wait for as long as it
    /// takes are let in by turns: either could keep the others out together.
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
        guard !waiting.isEmpty else {
            free += 1
            return
        }
        let next = waiting.remove(at: waiting.firstIndex { $0.isPatient == wasImpatient } ?? 0)
        wasImpatient = !next.isPatient
        next.place.resume(returning: true)
    }

    private func nextTicket() -> Int {
        tickets += 1
        return tickets
    }

    private func wait(_ ticket: Int, isPatient: Bool) async -> Bool {
        await withCheckedContinuation { waiting.append(Waiter(ticket: ticket, place: $0, isPatient: isPatient)) }
    }

    private func giveUp(_ ticket: Int) {
        guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return }
        waiting.remove(at: index).place.resume(returning: false)
    }
}
