import Glibc

/// One process tells at a time: a `run --once` beside the daemon polls and stores, and leaves the telling to it, so that
/// nobody is told twice. The system gives the lock back when a process ends, however it does.
final class DeliveryLock: Sendable {
    private let descriptor: Int32

    /// - Returns: nil where another process holds it.
    static func take(_ path: String) throws(SinkFailure) -> DeliveryLock? {
        let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw failure(path) }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return DeliveryLock(descriptor) }
        let isHeld = errno == EWOULDBLOCK
        let error = failure(path)
        close(descriptor)
        if isHeld { return nil }
        throw error
    }

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit {
        // A child that is just being started has the descriptor too, until it runs its program.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    private static func failure(_ path: String) -> SinkFailure {
        SinkFailure("\(path): cannot be locked: \(String(cString: strerror(errno))); check the folder of the store")
    }
}
