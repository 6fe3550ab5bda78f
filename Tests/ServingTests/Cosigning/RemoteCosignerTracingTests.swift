import HostileLog
import InMemoryTracing
import Testing
import Tracing
import TransparencyLog

@testable import Serving

struct RemoteCosignerTracingTests {
    @Test func aCosignerThatIsAskedAndRefuses() async throws {
        let tracer = InMemoryTracer()
        try await Receiver.run { receiver, url in
            receiver.answer { _ in 403 }
            let cosigner = try RemoteCosigner(
                name: "COSIGNER_2", url: url + "/secret-path", publicKey: Digest.zero.base64, token: "secret-token",
                patience: .seconds(100))
            let signatures = await withTracer(tracer) { await cosigner.sign([], history: CosigningTests.honest) }
            #expect(signatures?.isEmpty == true && receiver.received.count == 1)
        }
        let span = try #require(tracer.ended("cosign").first)
        #expect(span.kind == .client && span["nexo.cosigner"] == "COSIGNER_2" && span["nexo.heads"] == 0)
        #expect(span.isError && span["error.type"] == "refused")
        #expect(!tracer.words.contains("secret"))
    }
}
