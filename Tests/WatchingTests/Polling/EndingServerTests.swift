import Foundation
import HostileLog
import Testing

@testable import Watching

/// The tests' own server. It ended all tests with "Deinited NIOAsyncWriter" when it was cancelled while somebody connected.
struct EndingServerTests {
    @Test func aServerEndsWhileClientsConnect() async throws {
        for _ in 0..<20 {
            let clients = Shared<[Task<Bool, Never>]>([])
            let source = try CurlLogSource()
            defer { source.stop() }
            try await ScriptedServer.run { server, url in
                server.answer { _ in .init("hello") }
                clients.value = (0..<32).map { _ in
                    Task {
                        let response = try? await source.get(CurlLogSourceTests.request(url + "/x"))
                        return response == nil || response?.status == 200 || response?.status == 500
                    }
                }
                #expect(await eventually { !server.asked.isEmpty })
            }
            for client in clients.value { #expect(await client.value) }
        }
    }
}
