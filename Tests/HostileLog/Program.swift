public import Foundation
public import Launching
import Synchronization

/// One of the programs, or a tool of the system, as a real process.
public final class Program: Sendable {
    public struct Result: Sendable {
        /// The negative number of a signal.
        public var code: Int32
        public var output: String
        public var errors: String
    }

    private let pid: pid_t
    /// Once it is waited for: until then its number is nobody else's.
    private let end = Mutex<ProgramEnd?>(nil)
    private let output: URL
    private let errors: URL

    /// Where the programs lie: beside the bundle of the tests.
    private static let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()

    public convenience init(
        _ name: String, _ arguments: [String], folder: URL, environment: [String: String] = [:]
    ) throws {
        try self.init([Self.folder.appending(path: name).path] + arguments, folder: folder, environment: environment)
    }

    /// - Parameter arguments: the program first, by its path or as it is found on ours.
    private init(_ arguments: [String], folder: URL, environment: [String: String]) throws(LaunchFailure) {
        // Files, not pipes: a pipe that nobody reads would stop the program.
        let id = UUID().uuidString
        output = folder.appending(path: "\(id).out")
        errors = folder.appending(path: "\(id).err")
        var launch = Launch(
            arguments, environment: ProcessInfo.processInfo.environment.merging(environment) { $1 })
        launch.folder = folder.path
        (launch.output, launch.errors) = (.file(output.path), .file(errors.path))
        pid = try launch.start()
    }

    deinit {
        guard isRunning else { return }
        kill(pid, SIGKILL)
        _ = ProgramEnd.wait(for: pid)
    }

    private var isRunning: Bool {
        end.withLock { end in
            var status: Int32 = 0
            if end == nil, waitpid(pid, &status, WNOHANG) == pid { end = ProgramEnd(status: status) }
            return end == nil
        }
    }

    public static func run(
        _ name: String, _ arguments: [String], folder: URL, environment: [String: String] = [:]
    ) async throws -> Result {
        try await Program(name, arguments, folder: folder, environment: environment).wait()
    }

    /// A tool of the system, as it is found on the path.
    ///
    /// - Throws: `LaunchFailure` where it is not installed.
    public static func tool(_ arguments: [String], folder: URL) async throws -> Result {
        try await start(tool: arguments, folder: folder).wait()
    }

    public static func start(tool arguments: [String], folder: URL) throws(LaunchFailure) -> Program {
        try Program(arguments, folder: folder, environment: [:])
    }

    /// A line of shell, with the programs on its path.
    public static func shell(_ command: String, folder: URL) async throws -> Result {
        try await shell(["-c", command], folder).wait()
    }

    /// A program as it stands in a line of shell, in the place of that shell.
    public static func start(_ command: String, folder: URL) throws -> Program {
        try shell(["-c", "exec \(command)"], folder)
    }

    private static func shell(_ arguments: [String], _ folder: URL) throws -> Program {
        let path = "\(Self.folder.path):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")"
        return try Program(["/bin/sh"] + arguments, folder: folder, environment: ["PATH": path])
    }

    public var outputText: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }
    public var errorText: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }

    /// VmRSS.
    public func residentBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        guard let match = status.firstMatch(of: /VmRSS:\s+(\d+) kB/), let size = Int(match.1) else {
            throw CocoaError(.fileReadCorruptFile)
        }
        return size << 10
    }

    public func descriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
    }

    public func signal(_ number: Int32) { if isRunning { kill(pid, number) } }

    /// Waits without holding a thread: there are as many as cores, and tests share them.
    public func wait() async throws -> Result {
        guard await eventually({ !self.isRunning }), let end = end.withLock({ $0 }) else {
            throw CocoaError(.executableLoad, userInfo: [NSDebugDescriptionErrorKey: "does not end: \(errorText)"])
        }
        let code: Int32 =
            switch end {
            case .exited(let code): code
            case .killed(let signal): -signal
            case .unknown: -1
            }
        return Result(code: code, output: try String(contentsOf: output, encoding: .utf8), errors: errorText)
    }

    /// The port that the program's log names, once it does.
    public func port() async throws -> Int {
        _ = await eventually { !self.isRunning || self.namedPort != nil }
        guard let port = namedPort else {
            throw CocoaError(.fileReadUnknown, userInfo: [NSDebugDescriptionErrorKey: errorText])
        }
        return port
    }

    private var namedPort: Int? { errorText.firstMatch(of: /"port":"(\d+)"/).flatMap { Int($0.1) } }
}
