import Foundation
import HostileLog
import Testing

/// A body that drips keeps its connection no longer than a silent one.
struct SlowBodyTests {
    @Test(.timeLimit(.minutes(2))) func aBodyThatDrips() async throws {
        let folder = try ScratchFolder()
        let server = try Program(
            "nexo-server", ["run", "--data", "data", "--host", "127.0.0.1", "--port", "0"], folder: folder.url,
            environment: ["IDLE_SECONDS": "2"])
        let port = try await server.port()
        let answer = try await RawClient.drip(
            port, "POST /did/register HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n", 9_999)
        #expect(answer.text.hasPrefix("HTTP/1.1 408 ") || answer.text.isEmpty, "\(answer.text)")
        server.signal(SIGTERM)
        #expect(try await server.wait().code == 0)
    }
}
