import Dispatch

/// Runs an actor on a thread of its own queue: a write that waits for the disk must not hold one of the few threads that
/// all tasks share.
final class DiskExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) { queue = DispatchQueue(label: label) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
