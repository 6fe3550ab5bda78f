import Foundation
import HTTPTypes
import HostileLog
import HummingbirdTesting
import NIOCore
import Testing
import TransparencyLog

@testable import Serving

/// docs/server-api.yaml, and what the server answers.
struct DescriptionTests {
    let server: TestServer

    init() throws { server = try TestServer() }

    /// `NEXO_WRITE_DOCS=1 swift test --filter DescriptionTests` writes the file.
    @Test func theFileIsWhatIsServed() async throws {
        #expect(
            try RepositoryFile.text("docs/server-api.yaml", writing: ServerDescription.text) == ServerDescription.text)
        try await server.test(try await server.service()) { client in
            let answer = try await client.execute(uri: "/openapi.yml", method: .get)
            #expect(String(buffer: answer.body) == ServerDescription.text)
        }
    }

    private struct Call {
        var path: String
        var status: HTTPResponse.Status
        var uri: String
        var method = HTTPRequest.Method.get
        var body = ""
    }

    private static let registration =
        #"{"id":"carol","public_key":"\#(Digest.sha256([1]).base64)","timestamp":1700000000}"#

    /// Answers in JSON, good and bad ones, of each call that has such.
    private static let calls = [
        Call(path: "/health", status: .ok, uri: "/health"),
        Call(
            path: "/did/register", status: .created, uri: "/did/register?proof=1", method: .post, body: registration),
        Call(path: "/did/register", status: .created, uri: "/did/register", method: .post, body: registration),
        Call(path: "/did/register", status: .badRequest, uri: "/did/register", method: .post, body: "{"),
        Call(
            path: "/did/register", status: .contentTooLarge, uri: "/did/register", method: .post,
            body: String(repeating: " ", count: 20_000)),
        Call(path: "/sth/latest", status: .ok, uri: "/sth/latest"),
        Call(path: "/sth/chain", status: .ok, uri: "/sth/chain?limit=2"),
        Call(path: "/sth/chain", status: .badRequest, uri: "/sth/chain?limit=0"),
        Call(path: "/sth/chain", status: .badRequest, uri: "/sth/chain?limit=+1"),
        Call(path: "/sth/chain", status: .ok, uri: "/sth/chain?limit=99999999999999999999"),
        Call(
            path: "/did/register", status: .badRequest, uri: "/did/register?proof=yes", method: .post,
            body: registration),
        Call(path: "/ws/{session_id}", status: .upgradeRequired, uri: "/ws/alice"),
        Call(
            path: "/.well-known/nexo-transparency.json", status: .ok, uri: "/.well-known/nexo-transparency.json"),
        Call(path: "/proof/inclusion", status: .ok, uri: "/proof/inclusion?id=user1"),
        Call(path: "/proof/inclusion", status: .ok, uri: "/proof/inclusion?id=user1&tree_size=3"),
        Call(path: "/proof/inclusion", status: .notFound, uri: "/proof/inclusion?id=nobody"),
        Call(path: "/proof/inclusion", status: .badRequest, uri: "/proof/inclusion"),
        Call(path: "/proof/consistency", status: .ok, uri: "/proof/consistency?first=1"),
        Call(path: "/proof/consistency", status: .badRequest, uri: "/proof/consistency"),
        Call(path: "/tile/{level}/{index}", status: .badRequest, uri: "/tile/7/000"),
        Call(path: "/tile/{level}/{index}", status: .notFound, uri: "/tile/0/001"),
        Call(path: "/log/users.jsonl", status: .notFound, uri: "/log/users.jsonl"),
    ]

    @Test func everyAnswerFitsItsDescription() async throws {
        try await server.fill(3)
        let description = try OpenAPIDescription(ServerDescription.text)
        // Text and bytes have no schema that could be tested here.
        #expect(
            Set(description.paths) == Set(Self.calls.map(\.path)).union(["/metrics", "/openapi.yml"]))
        try await server.test(try await server.service()) { client in
            for call in Self.calls {
                let answer = try await client.execute(
                    uri: call.uri, method: call.method, body: ByteBuffer(string: call.body))
                #expect(answer.status == call.status, "\(call.uri)")
                #expect(answer.headers[.contentType] == "application/json")
                let value = try JSONReader.parse(answer.body.readableBytesView)
                let problems = description.problems(
                    of: value, path: call.path, method: call.method.rawValue.lowercased(), status: answer.status.code)
                #expect(problems == [], "\(call.uri)")
            }
        }
    }

    @Test func theDescriptionRefusesOtherAnswers() throws {
        let description = try OpenAPIDescription(ServerDescription.text)
        for answer in [
            "{}", #"{"status":"ill","timestamp":1,"users_count":1,"sth_count":1}"#,
            #"{"status":"healthy","timestamp":1,"users_count":1,"sth_count":1,"more":1}"#,
        ] {
            let value = try JSONReader.parse(Array(answer.utf8))
            #expect(!description.problems(of: value, path: "/health").isEmpty, "\(answer)")
        }
        #expect(try !description.problems(of: JSONReader.parse(Array("{}".utf8)), path: "/health", status: 418).isEmpty)
    }

    /// A body that comes too slowly, which no client of these tests sends.
    @Test func aSlowBodysAnswerIsDescribed() throws {
        let value = JSONValue.object([JSONMember("detail", .string("body: took longer than 60 seconds"))])
        let description = try OpenAPIDescription(ServerDescription.text)
        #expect(description.problems(of: value, path: "/did/register", method: "post", status: 408) == [])
    }

    @Test(arguments: [
        ("/health", HTTPRequest.Method.post, "GET, HEAD"), ("/did/register", .get, "POST"),
        ("/did/register/", .put, "POST"), ("/sth/latest", .delete, "GET, HEAD"), ("/ui/chat", .patch, "GET, HEAD"),
    ])
    func otherMethodsAreRefused(path: String, method: HTTPRequest.Method, allowed: String) async throws {
        try await server.test(try await server.service()) { client in
            let answer = try await client.execute(uri: path, method: method)
            #expect(answer.status == .methodNotAllowed && answer.headers[.allow] == allowed)
        }
    }

    @Test func headHasNoBody() async throws {
        try await server.fill(1)
        try await server.test(try await server.service()) { client in
            let get = try await client.execute(uri: "/sth/latest", method: .get)
            let head = try await client.execute(uri: "/sth/latest", method: .head)
            #expect(head.status == .ok && head.headers[.eTag] == get.headers[.eTag] && head.body.readableBytes == 0)
        }
    }
}
