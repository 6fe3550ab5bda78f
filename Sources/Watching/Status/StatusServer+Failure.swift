import Glibc
import NIOCore

extension StatusServer {
    /// Why the port cannot be opened, and what to do; other errors as they are.
    public static func explain(_ error: any Error, listen: String) -> String {
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE: "\(listen): another program listens there already; stop it, or give another port under listen:"
        case EADDRNOTAVAIL: "\(listen): this machine has no such address; give another under listen:"
        case EACCES: "\(listen): this user may not open that port; give one above 1023 under listen:"
        default: "\(error)"
        }
    }
}
