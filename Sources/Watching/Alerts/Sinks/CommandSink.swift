import Foundation
import Launching
import TransparencyLog

/// Runs a command with the message as JSON on its standard input; exit code 0 says that it was taken.
struct CommandSink: AlertSink {
    let name: String
    let run: [String]
    /// Then it is killed, and all that it started with it.
    let timeout: Duration

    func send(_ message: AlertMessage) async throws(SinkFailure) -> String {
        let child = try ChildProcess(run, input: message.json.bytes() + [0x0A], timeout: timeout)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let thread = Thread { continuation.resume(returning: child.wait()) }
                thread.name = "alert"
                thread.start()
            }
        } onCancel: {
            child.cancel()
        }
        let output = PlainText.line(
            PlainText.bounded(String(decoding: result.output, as: UTF8.self), maximumBytes: 200))
        let said = output.isEmpty ? "" : "; it said: \(output)"
        switch result.end {
        case .ended(.exited(0)): return "exit code 0\(said)"
        case .ended(.exited(let code)): throw SinkFailure("exit code \(code)\(said)")
        case .ended(.killed(let signal)): throw SinkFailure("ended by signal \(signal)\(said)")
        case .ended(.unknown): throw SinkFailure("\(ProgramEnd.unknown)\(said)")
        case .late: throw SinkFailure("took longer than \(timeout), and was killed\(said)")
        case .cancelled: throw SinkFailure("was stopped")
        }
    }
}
