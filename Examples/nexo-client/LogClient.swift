import Foundation
import TransparencyLog

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// What a mobile or desktop app needs of a log: it registers keys and finds those of others, and believes no answer that
/// the pinned cosigners' signatures and the proofs do not bear out.
///
/// It remembers the newest head that it believed, so that the log cannot show it another history later.
actor LogClient {
    /// The log broke a promise; the app must stop and show it, not ask again until it fits.
    struct Distrust: Error, CustomStringConvertible {
        let description: String
    }

    /// The log did not answer as was hoped for; nothing is wrong with it.
    struct Refused: Error, CustomStringConvertible {
        let status: Int
        let detail: String
        var description: String { "HTTP \(status): \(detail)" }
    }

    private static let maximumBytes = 1 << 20

    private let url: URL
    private let verifier: HeadVerifier
    private(set) var newest: SignedTreeHead?

    /// - Parameters:
    ///   - trust: pinned by the app: it comes with it, or was compared over another channel.
    ///   - newest: what `newest` was at the end of the app's last run.
    init(_ url: URL, trust: TrustFile, newest: SignedTreeHead?) {
        self.url = url
        verifier = HeadVerifier(trust: trust)
        self.newest = newest
    }

    /// Registers a key, and checks that it is in the tree that the cosigners signed.
    func register(id: String, publicKey: Digest, at time: Date) async throws -> Registration {
        let registration = Registration(
            id: JSONText(id), publicKey: publicKey.bytes, timestamp: UInt64(time.timeIntervalSince1970))
        let body = JSONValue.object([
            JSONMember("id", .string(registration.id)), JSONMember("public_key", .string(publicKey.base64)),
            JSONMember("timestamp", .integer(registration.timestamp)),
        ])
        let seen = newest?.treeSize ?? 0
        let answer = try await ask("did/register", ["proof": "1"], body: body.bytes())
        guard try await included(answer, notBelow: seen) == registration else {
            throw Distrust(description: "the log proves another registration than the one that was sent")
        }
        return registration
    }

    /// A registration of an id, which the log says is its newest; nil if it says that there is none. That it is in the log is
    /// proved. That no later one is, is proved by nothing but all registrations: `nexo-audit history`, or a watcher's `watch`.
    func find(id: String) async throws -> Registration? {
        let seen = newest?.treeSize ?? 0
        let answer: JSONValue
        do { answer = try await ask("proof/inclusion", ["id": id]) } catch let error as Refused
            where error.status == 404 && error.detail.hasPrefix("not registered")
        { return nil }
        let registration = try await included(answer, notBelow: seen)
        // By their bytes: String's own equality takes different ids for one.
        guard registration.id == JSONText(id) else { throw Distrust(description: "the log proves another id's key") }
        return registration
    }

    /// The registration of an answer, once head, proof and history hold.
    ///
    /// - Parameter seen: the largest size that was believed before the question. With an older head the log could show a key that
    ///   was replaced.
    private func included(_ answer: JSONValue, notBelow seen: UInt64) async throws -> Registration {
        guard let head = answer["head"], let registration = answer["registration"],
            let index = answer["index"]?.plainInteger, let path = answer["path"]?.elements
        else { throw Distrust(description: "the answer lacks its head or its proof") }
        let signed = try SignedTreeHead(head)
        let read = try Registration(registration)
        let proof = InclusionProof(
            index: index, treeSize: signed.treeSize, path: try path.map(Self.digest))
        guard proof.verifies(leaf: read.leafHash, root: signed.root) else {
            throw Distrust(description: "the registration is not in the tree of size \(signed.treeSize)")
        }
        try await believe(signed)
        guard signed.treeSize >= seen else {
            throw Distrust(description: "the answer rests on size \(signed.treeSize), though \(seen) was shown before")
        }
        return read
    }

    /// Takes a head whose quorum signed it, and whose tree continues, or is continued by, the one that is remembered.
    private func believe(_ head: SignedTreeHead) async throws {
        let judged = verifier.verify(head)
        guard verifier.isQuorum(judged.signers) else {
            let reasons = judged.findings.map(\.text).joined(separator: "; ")
            throw Distrust(description: "the head of size \(head.treeSize) has no quorum: \(reasons)")
        }
        var known = newest
        while let compared = known {
            let larger = try await continuation(compared, head)
            // Another call may have believed another head meanwhile: then this one must fit that one too.
            if newest == compared {
                newest = larger
                return
            }
            known = newest
        }
        newest = head
    }

    /// - Returns: the larger of two heads, if its tree continues the other's.
    private func continuation(_ first: SignedTreeHead, _ second: SignedTreeHead) async throws -> SignedTreeHead {
        let (small, large) = first.treeSize <= second.treeSize ? (first, second) : (second, first)
        if small.treeSize == large.treeSize {
            guard small.root == large.root || small.treeSize == 0 else { throw fork(small, large) }
        } else if small.treeSize > 0 {
            let answer = try await ask(
                "proof/consistency", ["first": "\(small.treeSize)", "second": "\(large.treeSize)"])
            let proof = ConsistencyProof(
                first: small.treeSize, second: large.treeSize,
                path: try (answer["path"]?.elements ?? []).map(Self.digest))
            guard proof.verifies(firstRoot: small.root, secondRoot: large.root) else { throw fork(small, large) }
        }
        return large
    }

    private func fork(_ small: SignedTreeHead, _ large: SignedTreeHead) -> Distrust {
        Distrust(
            description: "the signed tree of size \(large.treeSize) does not continue that of size \(small.treeSize): "
                + "keep both heads, they are evidence:\n\(small.value.serialized())\n\(large.value.serialized())")
    }

    private static func digest(_ value: JSONValue) throws -> Digest {
        guard let digest = value.text.flatMap(Digest.init(base64:)) else {
            throw Distrust(description: "the proof's path is not made of hashes")
        }
        return digest
    }

    /// One call. JSON is read by the strict reader: a lenient one would repair what was signed.
    private func ask(_ path: String, _ query: [String: String], body: [UInt8]? = nil) async throws -> JSONValue {
        var request = URLRequest(
            url: url.appending(path: path).appending(
                queryItems: query.map { URLQueryItem(name: $0.key, value: $0.value) }),
            timeoutInterval: 30)
        if let body {
            request.httpMethod = "POST"
            request.httpBody = Data(body)
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        }
        let (data, response) = try await URLSession.shared.data(for: request)
        let value = try JSONReader.parse(Array(data), maximumBytes: Self.maximumBytes)
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        guard (200..<300).contains(status) else {
            throw Refused(status: status, detail: value["detail"]?.text?.description ?? "")
        }
        return value
    }
}
