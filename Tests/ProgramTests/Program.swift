import Foundation
import HostileLog

/// One of the programs, as a real process.
final class Program: Sendable {
    struct Result: Sendable {
        var code: Int32
        var output: String
        var errors: String
    }

    private let process: Process
    private let output: URL
    private let errors: URL

    /// Where the programs lie: beside the bundle of the tests.
    private static let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()

    convenience init(_ name: String, _ arguments: [String], folder: URL, environment: [String: String] = [:]) throws {
        try self.init(Self.folder.appending(path: name), arguments, folder: folder, environment: environment)
    }

    private init(_ program: URL, _ arguments: [String], folder: URL, environment: [String: String]) throws {
        process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        // Files, not pipes: a pipe that nobody reads would stop the program.
        let id = UUID().uuidString
        output = folder.appending(path: "\(id).out")
        errors = folder.appending(path: "\(id).err")
        for file in [output, errors] { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    static func run(
        _ name: String, _ arguments: [String], folder: URL, environment: [String: String] = [:]
    ) async throws -> Result {
        try await Program(name, arguments, folder: folder, environment: environment).wait()
    }

    /// A line of shell, with the programs on its path.
    static func shell(_ command: String, folder: URL) async throws -> Result {
        let path = "\(Self.folder.path):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")"
        return try await Program(
            URL(fileURLWithPath: "/bin/sh"), ["-c", command], folder: folder, environment: ["PATH": path]
        ).wait()
    }

    var errorText: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits without holding a thread: there are as many as cores, and tests share them.
    func wait() async throws -> Result {
        guard await eventually({ !self.process.isRunning }) else {
            throw CocoaError(.executableLoad, userInfo: [NSDebugDescriptionErrorKey: "does not end: \(errorText)"])
        }
        return Result(
            code: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            output: try String(contentsOf: output, encoding: .utf8), errors: errorText)
    }

    /// The port that the program's log names, once it does.
    func port() async throws -> Int {
        _ = await eventually { !self.process.isRunning || self.namedPort != nil }
        guard let port = namedPort else {
            throw CocoaError(.fileReadUnknown, userInfo: [NSDebugDescriptionErrorKey: errorText])
        }
        return port
    }

    private var namedPort: Int? { errorText.firstMatch(of: /"port":"(\d+)"/).flatMap { Int($0.1) } }
}
