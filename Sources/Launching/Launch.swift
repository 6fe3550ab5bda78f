import CSpawn
import Glibc

/// A program that is to be started, by posix_spawn. It gets no descriptor of ours but three, and no signal blocked or ignored.
///
/// Not by Foundation's `Process`: that reads behind its buffer where many descriptors are open
/// (swift-corelibs-foundation#5472), and makes no process group.
public struct Launch: Sendable {
    /// Where a descriptor of the program leads.
    public enum Stream: Sendable {
        case nowhere
        /// One of ours, which stays ours.
        case descriptor(Int32)
        /// A file that is written anew, and that its owner alone may read.
        case file(String)
    }

    /// The program, looked for on the path if it has no slash, and its arguments.
    public var arguments: [String]
    public var environment: [String: String]
    /// Where it begins; nil: where we are.
    public var folder: String?
    public var input = Stream.nowhere
    public var output = Stream.nowhere
    public var errors = Stream.nowhere
    /// Whether it leads a process group of its own, so that what it starts can be ended with it.
    public var leadsGroup = false

    public init(_ arguments: [String], environment: [String: String]) {
        self.arguments = arguments
        self.environment = environment
    }

    /// At their default in the program, whatever we do with them.
    private static let signals = [SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGCHLD]

    /// Starts the program. Its number is nobody else's until it is waited for.
    public func start() throws(LaunchFailure) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, stream) in [input, output, errors].enumerated() {
            let descriptor = Int32(descriptor)
            switch stream {
            case .nowhere: posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
            case .descriptor(let own): posix_spawn_file_actions_adddup2(&actions, own, descriptor)
            case .file(let path):
                posix_spawn_file_actions_addopen(&actions, descriptor, path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
            }
        }
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        if let folder { posix_spawn_file_actions_addchdir_np(&actions, folder) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for signal in Self.signals { sigaddset(&defaults, signal) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (leadsGroup ? POSIX_SPAWN_SETPGROUP : 0)
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var words = arguments.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for word in words + variables { free(word) } }
        var pid: Int32 = 0
        let code = posix_spawnp(&pid, arguments.first ?? "", &actions, &attributes, &words, &variables)
        guard code == 0 else { throw LaunchFailure(program: arguments.first ?? "", number: code) }
        return pid
    }
}

/// Why a program could not be started.
public struct LaunchFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public let program: String
    /// As errno has it.
    public let number: Int32

    public var description: String { "\(program) cannot be run: \(String(cString: strerror(number)))" }
}
