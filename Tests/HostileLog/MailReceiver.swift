import Foundation
import Synchronization

/// An SMTP server on a free loopback port, for plain connections, that keeps the mails it is sent. One connection at a
/// time, on a thread of its own.
public final class MailReceiver: Sendable {
    public struct Mail: Sendable {
        public var from: String
        public var to: [String]
        public var lines: [String]
    }

    private let mails = Mutex<[Mail]>([])
    private let refused = Mutex<Set<String>>([])
    private let listener: Int32
    public let port: Int

    public init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 8) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        guard isBound else { throw CocoaError(.fileReadUnknown) }
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
        let thread = Thread { [weak self, listener] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0, let self else { return }
                self.serve(connection)
            }
        }
        thread.start()
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    public var received: [Mail] { mails.withLock { $0 } }

    /// Recipients that are answered with 550.
    public func refuse(_ recipients: Set<String>) { refused.withLock { $0 = recipients } }

    private func serve(_ connection: Int32) {
        guard let stream = fdopen(connection, "r+") else { return }
        defer { fclose(stream) }
        func say(_ line: String) {
            fputs(line + "\r\n", stream)
            fflush(stream)
        }
        func hear() -> String? {
            var line: UnsafeMutablePointer<CChar>?
            var room = 0
            defer { free(line) }
            guard getline(&line, &room, stream) > 0, let line else { return nil }
            return String(cString: line).trimmingCharacters(in: .newlines)
        }
        func address(_ line: String) -> String {
            String(line.drop { $0 != "<" }.dropFirst().prefix { $0 != ">" })
        }
        var mail = Mail(from: "", to: [], lines: [])
        say("220 test")
        while let line = hear() {
            switch line.prefix(4).uppercased() {
            case "EHLO", "HELO": say("250 test")
            case "MAIL":
                mail = Mail(from: address(line), to: [], lines: [])
                say("250 ok")
            case "RCPT":
                let recipient = address(line)
                if refused.withLock({ $0.contains(recipient) }) {
                    say("550 nobody here")
                } else {
                    mail.to.append(recipient)
                    say("250 ok")
                }
            case "DATA":
                say("354 go on")
                while let line = hear(), line != "." {
                    mail.lines.append(line.hasPrefix(".") ? String(line.dropFirst()) : line)
                }
                mails.withLock { $0.append(mail) }
                say("250 taken")
            case "QUIT":
                say("221 bye")
                return
            default: say("502 unknown")
            }
        }
    }
}
