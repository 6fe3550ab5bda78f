import CSpawn
import Glibc
import Launching
import Synchronization

/// A program in a process group of its own, with bounded time and output. It gets the message on its standard input, no
/// other descriptor of ours, and of our environment only what programs need to find their way.
///
/// In a group, so that what a late program started does not live on.
final class ChildProcess: Sendable {
    enum End: Sendable {
        case ended(ProgramEnd)
        case late
        case cancelled
    }

    /// Output beyond this is read and forgotten.
    private static let maximumOutput = 4 << 10
    private static var environment: [String: String] {
        ["PATH", "HOME", "LANG", "TZ", "TMPDIR"].reduce(into: [:]) { $0[$1] = getenv($1).map { String(cString: $0) } }
    }

    private let pid: pid_t
    private let output: Int32
    private let deadline: ContinuousClock.Instant
    private let isCancelled = Mutex(false)

    init(_ arguments: [String], input: [UInt8], timeout: Duration) throws(SinkFailure) {
        deadline = .now + timeout
        let message = try Self.file(with: input)
        defer { close(message) }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0, fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 else {
            throw Self.failure("no pipe can be made", errno)
        }
        defer { close(ends[1]) }
        var launch = Launch(arguments, environment: Self.environment)
        launch.input = .descriptor(message)
        (launch.output, launch.errors) = (.descriptor(ends[1]), .descriptor(ends[1]))
        launch.leadsGroup = true
        do throws(LaunchFailure) {
            pid = try launch.start()
            output = ends[0]
        } catch {
            close(ends[0])
            throw SinkFailure(error.description)
        }
    }

    deinit { close(output) }

    func cancel() { isCancelled.withLock { $0 = true } }

    /// Waits on the caller's thread until the program ends, or its time does.
    func wait() -> (end: End, output: [UInt8]) {
        var collected: [UInt8] = []
        while true {
            var poll = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            // A short wait: the program may end, or be stopped, and what it started may keep the pipe open.
            if Glibc.poll(&poll, 1, 20) > 0, !drain(&collected) { usleep(20_000) }
            // The leader is not reaped before its group is killed: until then nobody else gets its number.
            var info = siginfo_t()
            guard waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 else {
                return (.ended(.killed(0)), [])
            }
            let hasEnded = info.si_signo == SIGCHLD
            let isStopped = isCancelled.withLock { $0 }
            guard hasEnded || isStopped || ContinuousClock.now >= deadline else { continue }
            if !hasEnded { kill(-pid, SIGKILL) }
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            _ = drain(&collected)
            if !hasEnded { return (isStopped ? .cancelled : .late, collected) }
            return (.ended(ProgramEnd(status: status)), collected)
        }
    }

    /// - Returns: whether there may be more.
    private func drain(_ collected: inout [UInt8]) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = read(output, &buffer, buffer.count)
        guard count > 0 else { return false }
        collected.append(contentsOf: buffer.prefix(min(count, Self.maximumOutput - collected.count)))
        return true
    }

    /// The message in memory, not in a pipe: a program that does not read it holds nobody up.
    private static func file(with input: [UInt8]) throws(SinkFailure) -> Int32 {
        let file = memfd_create("alert", 0)
        guard file >= 0 else { throw failure("the message cannot be passed on", errno) }
        guard write(file, input, input.count) == input.count, lseek(file, 0, SEEK_SET) == 0 else {
            let number = errno
            close(file)
            throw failure("the message cannot be passed on", number)
        }
        return file
    }

    private static func failure(_ what: String, _ number: Int32) -> SinkFailure {
        SinkFailure("\(what): \(String(cString: strerror(number)))")
    }
}
