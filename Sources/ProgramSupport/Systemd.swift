import Foundation
import Glibc

/// Tells systemd how the program is (sd_notify(3)), without its library; says nothing where nobody listens.
public struct Systemd: Sendable {
    /// Why it could not be told.
    public struct Failure: Error, CustomStringConvertible, Sendable {
        public let description: String
    }

    /// How often, and how long, a full queue is tried again.
    private static let attempts = 50
    private static let pause = Duration.milliseconds(100)

    private let socket: String?
    /// Half of the time after which systemd takes the program for hung, where it watches it.
    public let watchdogInterval: Duration?

    public init() { self.init(ProcessInfo.processInfo.environment) }

    public init(_ environment: [String: String]) {
        socket = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
        let isMeant = environment["WATCHDOG_PID"].map { pid_t($0) == getpid() } ?? true
        let limit = environment["WATCHDOG_USEC"].flatMap(Int64.init) ?? 0
        watchdogInterval = socket != nil && isMeant && limit > 1 ? .microseconds(limit / 2) : nil
    }

    public var isListening: Bool { socket != nil }

    /// - Parameter lines: such as READY=1.
    public func tell(_ lines: [String]) async throws(Failure) {
        guard let socket else { return }
        let text = Array(lines.joined(separator: "\n").utf8)
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Self.failure(socket, errno) }
        defer { close(descriptor) }
        for _ in 0..<Self.attempts {
            let number = try Self.send(text, to: socket, descriptor)
            switch number {
            case 0: return
            case EAGAIN, EINTR, ENOBUFS: try? await Task.sleep(for: Self.pause)
            default: throw Self.failure(socket, number)
            }
        }
        throw Self.failure(socket, EAGAIN)
    }

    /// - Returns: the error's number, or 0.
    private static func send(_ text: [UInt8], to socket: String, _ descriptor: Int32) throws(Failure) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(socket.utf8)
        guard let first = name.first, "/@".utf8.contains(first),
            name.count < MemoryLayout.size(ofValue: address.sun_path)
        else { throw Failure(description: "NOTIFY_SOCKET=\(socket): must be a path, or a name behind @, of 107 bytes") }
        // An @ stands for the NUL of an abstract name.
        if first == UInt8(ascii: "@") { name[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        // An abstract name is as long as the address says.
        let length = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path) + name.count
        let sent = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(
                    descriptor, text, text.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT), $0,
                    socklen_t(length))
            }
        }
        return sent == text.count ? 0 : errno
    }

    private static func failure(_ socket: String, _ number: Int32) -> Failure {
        Failure(description: "NOTIFY_SOCKET=\(socket): \(String(cString: strerror(number)))")
    }

    /// What RELOADING=1 must come with: the monotonic clock, in microseconds.
    public static var monotonicTime: String {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return "MONOTONIC_USEC=\(Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)"
    }
}
