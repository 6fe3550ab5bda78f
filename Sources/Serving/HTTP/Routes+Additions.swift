import HTTPTypes
import Hummingbird
import NIOCore
import TransparencyLog

/// What we offer beyond a field server (PROTOCOL, "HTTP interface").
extension Routes {
    func addAdditions(to router: Router<ServerContext>) {
        router.get(".well-known/nexo-transparency.json") { request, _ in
            var additions = ["proof", "tile"]
            if settings.publishesUsers { additions.append("users") }
            let members =
                (log.trustFile.json.members ?? []) + [
                    JSONMember("additions", .array(additions.map { .string($0) }))
                ]
            return Answer.tagged(
                request, JSONValue.object(members).bytes(), type: "application/json", cache: "no-cache")
        }
        router.get("tile/**") { request, context in
            guard let path = TilePath(context.parameters.getCatchAll().joined(separator: "/")) else {
                return Answer.detail(.badRequest, "a tile's path is <level>/<index>[.p/<width>], see C2SP tlog-tiles")
            }
            guard let tile = await log.tile(path) else {
                return Answer.detail(.notFound, "the published tree has no such tile yet")
            }
            // What a tile holds never changes.
            return Answer.tagged(
                request, tile, type: "application/octet-stream", cache: "public, max-age=31536000, immutable")
        }
        router.get("proof/consistency") { request, _ in await consistency(request) }
        router.get("proof/inclusion") { request, _ in try await inclusion(request) }
        if settings.publishesUsers {
            router.get("log/users.jsonl") { request, context in await users(request, context) }
        }
    }

    private func consistency(_ request: Request) async -> Response {
        let size = await log.publishedSize
        guard let first = Self.size(request, "first"), let second = Self.size(request, "second", else: size),
            let proof = await log.consistency(first: first, second: second)
        else {
            return Answer.detail(
                .badRequest, "first, second: must be sizes, 0 < first <= second <= \(size), the newest head's")
        }
        return Answer.json(
            .ok,
            [
                JSONMember("first", .integer(first)), JSONMember("second", .integer(second)),
                JSONMember("path", .array(proof.path.map { .string($0.base64) })),
            ])
    }

    private func inclusion(_ request: Request) async throws -> Response {
        let (size, head) = await (log.publishedSize, log.latestHead)
        let parameters = request.uri.queryParameters
        guard let treeSize = Self.size(request, "tree_size", else: size), treeSize <= size else {
            return Answer.detail(.badRequest, "tree_size: must be a size up to \(size), the newest head's")
        }
        let found: LogService.Inclusion?
        switch (parameters["id"], parameters["leaf"]) {
        case (let id?, nil): found = try await log.inclusion(of: JSONText(String(id)), treeSize: treeSize)
        case (nil, let leaf?):
            // A plus in a query may arrive as a space.
            let text = JSONText(String(leaf).replacing(" ", with: "+"))
            guard let leaf = Digest(base64: text) else {
                return Answer.detail(.badRequest, "leaf: must be the base64 of a leaf hash")
            }
            found = try await log.inclusion(of: leaf, treeSize: treeSize)
        default: return Answer.detail(.badRequest, "give one of id and leaf")
        }
        guard let found else { return Answer.detail(.notFound, "not registered in the tree of size \(treeSize)") }
        var members = Self.members(found)
        // With the newest head, which need not be asked for apart, and could be another one by then.
        if treeSize == size, let head { members.append(JSONMember("head", try JSONReader.parse(head))) }
        return Answer.json(.ok, members)
    }

    static func members(_ inclusion: LogService.Inclusion) -> [JSONMember] {
        let registration = inclusion.registration
        return [
            JSONMember(
                "registration",
                .object([
                    JSONMember("id", .string(registration.id)),
                    JSONMember("public_key", .string(Base64.encode(registration.publicKey))),
                    JSONMember("timestamp", .integer(registration.timestamp)),
                ])),
            JSONMember("leaf_hash", .string(registration.leafHash.base64)),
            JSONMember("index", .integer(inclusion.proof.index)),
            JSONMember("proof_tree_size", .integer(inclusion.proof.treeSize)),
            JSONMember("path", .array(inclusion.proof.path.map { .string($0.base64) })),
        ]
    }

    /// A size in the query; nil if it is none.
    private static func size(_ request: Request, _ name: Substring, else other: UInt64? = nil) -> UInt64? {
        guard let text = request.uri.queryParameters[name] else { return other }
        return JSONNumber(lexeme: String(text)).plainInteger
    }

    /// GET /log/users.jsonl: the registrations that a head covers, whole or one range of them (RFC 9110, section 14).
    private func users(_ request: Request, _ context: ServerContext) async -> Response {
        let total = log.storage.registrationBytes(of: Int(await log.publishedSize))
        var headers: HTTPFields = [
            .contentType: "application/jsonl", .acceptRanges: "bytes", .cacheControl: "no-cache",
        ]
        var range = 0..<total
        if let asked = request.headers[.range], let wanted = ByteRange(asked, total: total) {
            guard case .range(let part) = wanted else {
                headers[.contentRange] = "bytes */\(total)"
                return Response(status: .rangeNotSatisfiable, headers: headers)
            }
            range = part
            headers[.contentRange] = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(total)"
        }
        let body = ResponseBody(contentLength: range.count) { [storage = log.storage, range] writer in
            for start in stride(from: range.lowerBound, to: range.upperBound, by: 256 << 10) {
                let bytes = try storage.registrationBytes(start..<min(start + 256 << 10, range.upperBound))
                try await writer.write(ByteBuffer(bytes: bytes))
                // One part at a time: the writer hands parts to its loop until that has found that the client takes no more, and
                // a busy loop finds it late, with many parts of each client in memory.
                try await context.loop.submit {}.get()
            }
            try await writer.finish(nil)
        }
        return Response(status: headers[.contentRange] == nil ? .ok : .partialContent, headers: headers, body: body)
    }
}
