import CSpawn
import Foundation
import HostileLog
import Synchronization

/// One of the programs, as a real process.
///
/// By posix_spawn: Foundation's `Process` of Swift 6.3 reads behind its buffer where many descriptors are open, and the tests
/// crash now and then (swift-corelibs-foundation#5472).
final class Program: Sendable {
    struct Result: Sendable {
        var code: Int32
        var output: String
        var errors: String
    }

    private let pid: pid_t
    /// As waitpid gives it, once the process has ended: until then its number is nobody else's.
    private let status = Mutex<Int32?>(nil)
    private let output: URL
    private let errors: URL

    /// Where the programs lie: beside the bundle of the tests.
    private static let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()

    convenience init(_ name: String, _ arguments: [String], folder: URL, environment: [String: String] = [:]) throws {
        try self.init(Self.folder.appending(path: name), arguments, folder: folder, environment: environment)
    }

    private init(_ program: URL, _ arguments: [String], folder: URL, environment: [String: String]) throws {
        // Files, not pipes: a pipe that nobody reads would stop the program.
        let id = UUID().uuidString
        output = folder.appending(path: "\(id).out")
        errors = folder.appending(path: "\(id).err")
        pid = try Self.spawn(
            [program.path] + arguments, folder: folder.path,
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
            output: output.path, errors: errors.path)
    }

    deinit {
        guard isRunning else { return }
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    private static func spawn(
        _ arguments: [String], folder: String, environment: [String: String], output: String, errors: String
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        posix_spawn_file_actions_addchdir_np(&actions, folder)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for signal in [SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGCHLD] { sigaddset(&defaults, signal) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var words = arguments.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for word in words + variables { free(word) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, arguments[0], &actions, &attributes, &words, &variables)
        guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EINVAL) }
        return pid
    }

    private var isRunning: Bool {
        status.withLock { status in
            var ended: Int32 = 0
            if status == nil, waitpid(pid, &ended, WNOHANG) == pid { status = ended }
            return status == nil
        }
    }

    static func run(
        _ name: String, _ arguments: [String], folder: URL, environment: [String: String] = [:]
    ) async throws -> Result {
        try await Program(name, arguments, folder: folder, environment: environment).wait()
    }

    /// A line of shell, with the programs on its path.
    static func shell(_ command: String, folder: URL) async throws -> Result {
        try await shell(["-c", command], folder).wait()
    }

    /// A program as it stands in a line of shell, in the place of that shell.
    static func start(_ command: String, folder: URL) throws -> Program {
        try shell(["-c", "exec \(command)"], folder)
    }

    private static func shell(_ arguments: [String], _ folder: URL) throws -> Program {
        let path = "\(Self.folder.path):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")"
        return try Program(
            URL(fileURLWithPath: "/bin/sh"), arguments, folder: folder, environment: ["PATH": path])
    }

    /// The process's number.
    var id: pid_t { pid }

    var errorText: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }

    func signal(_ number: Int32) { if isRunning { kill(pid, number) } }

    /// Waits without holding a thread: there are as many as cores, and tests share them.
    func wait() async throws -> Result {
        guard await eventually({ !self.isRunning }), let status = status.withLock({ $0 }) else {
            throw CocoaError(.executableLoad, userInfo: [NSDebugDescriptionErrorKey: "does not end: \(errorText)"])
        }
        let signal = status & 0x7F
        return Result(
            code: signal == 0 ? (status >> 8) & 0xFF : -signal,
            output: try String(contentsOf: output, encoding: .utf8), errors: errorText)
    }

    /// The port that the program's log names, once it does.
    func port() async throws -> Int {
        _ = await eventually { !self.isRunning || self.namedPort != nil }
        guard let port = namedPort else {
            throw CocoaError(.fileReadUnknown, userInfo: [NSDebugDescriptionErrorKey: errorText])
        }
        return port
    }

    private var namedPort: Int? { errorText.firstMatch(of: /"port":"(\d+)"/).flatMap { Int($0.1) } }
}
