import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A SOCKS5 and CONNECT proxy on a free loopback port. It connects from an address of its own, so that a log sees another
/// client; whatever host it is asked for, it goes to this machine alone. Its threads are its own: none of the tests'.
public final class LoopbackProxy: Sendable {
    public let port: Int
    private let listener: Int32
    private let address: String
    private let served = Mutex<[String]>([])

    /// The places that were asked for, as `host:port`.
    public var asked: [String] { served.withLock { $0 } }

    /// - Parameter address: where its connections come from, such as 127.0.0.3.
    public init(from address: String) throws {
        self.address = address
        listener = Self.socket()
        var name = Self.name("127.0.0.1", port: 0)
        guard listener >= 0, Self.bind(listener, &name), listen(listener, 16) == 0 else {
            throw POSIXError(.init(rawValue: errno) ?? .EIO)
        }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isNamed = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) }
        }
        guard isNamed == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        port = Int(UInt16(bigEndian: name.sin_port))
        Thread { [self] in accept() }.start()
    }

    /// Takes no more connections; those that are open end with their clients.
    public func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private func accept() {
        while true {
            #if canImport(Glibc)
                let client = Glibc.accept(listener, nil, nil)
            #else
                let client = Darwin.accept(listener, nil, nil)
            #endif
            guard client >= 0 else { return }
            Thread { [self] in
                serve(client)
                close(client)
            }.start()
        }
    }

    private func serve(_ client: Int32) {
        guard let first = Self.read(client, 1)?.first else { return }
        if first == 5 { serveSOCKS(client) } else { serveConnect(client) }
    }

    /// RFC 1928, without authentication.
    private func serveSOCKS(_ client: Int32) {
        guard let methods = Self.read(client, 1)?.first, Self.read(client, Int(methods)) != nil,
            Self.write(client, [5, 0]), let request = Self.read(client, 4)
        else { return }
        var host: String
        switch request[3] {
        case 1:
            guard let bytes = Self.read(client, 4) else { return }
            host = bytes.map(String.init).joined(separator: ".")
        case 3:
            guard let length = Self.read(client, 1)?.first, let bytes = Self.read(client, Int(length)) else { return }
            host = String(decoding: bytes, as: UTF8.self)
        default: return
        }
        guard let port = Self.read(client, 2) else { return }
        relay(client, host, Int(port[0]) << 8 | Int(port[1]), answer: [5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    }

    private func serveConnect(_ client: Int32) {
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8), head.count < 8_192, let next = Self.read(client, 1) {
            head += next
        }
        let line = String(decoding: head, as: UTF8.self).split(separator: "\r\n").first ?? ""
        guard let target = line.split(separator: " ").dropFirst().first, let colon = target.lastIndex(of: ":"),
            let port = Int(target[target.index(after: colon)...])
        else { return }
        relay(client, String(target[..<colon]), port, answer: Array("HTTP/1.1 200 Connected\r\n\r\n".utf8))
    }

    private func relay(_ client: Int32, _ host: String, _ port: Int, answer: [UInt8]) {
        served.withLock { $0.append("\(host):\(port)") }
        let server = Self.socket()
        defer { close(server) }
        var (own, target) = (Self.name(address, port: 0), Self.name("127.0.0.1", port: port))
        let isConnected = withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Self.bind(server, &own) && connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected, Self.write(client, answer) else { return }
        var ends = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while poll(&ends, 2, -1) > 0 {
            for (from, to) in [(0, 1), (1, 0)] where ends[from].revents != 0 {
                guard let bytes = Self.readSome(ends[from].fd), Self.write(ends[to].fd, bytes) else { return }
            }
        }
    }

    // MARK: Sockets

    private static func socket() -> Int32 {
        #if canImport(Glibc)
            Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            Darwin.socket(AF_INET, SOCK_STREAM, 0)
        #endif
    }

    private static func name(_ address: String, port: Int) -> sockaddr_in {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = UInt16(port).bigEndian
        inet_pton(AF_INET, address, &name.sin_addr)
        return name
    }

    private static func bind(_ socket: Int32, _ name: inout sockaddr_in) -> Bool {
        withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                #if canImport(Glibc)
                    Glibc.bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                #else
                    Darwin.bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                #endif
            }
        }
    }

    private static func read(_ socket: Int32, _ count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let some = readSome(socket, atMost: count - bytes.count) else { return nil }
            bytes += some
        }
        return bytes
    }

    private static func readSome(_ socket: Int32, atMost count: Int = 16_384) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: count)
        let length = recv(socket, &buffer, count, 0)
        return length > 0 ? Array(buffer.prefix(length)) : nil
    }

    private static func write(_ socket: Int32, _ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }
}
