import TransparencyLog

/// Asks one peer. What it answers is bounded, and believed in nothing.
struct GossipPeer: Sendable {
    /// Of one line of the peer's list of evidence.
    struct Offer: Sendable {
        var logID: String
        var conflict: Digest
        var sha256: Digest
    }

    /// Files that one list may name.
    private static let maximumOffers = 100_000

    let peer: WatchConfiguration.Gossip.Peer
    let source: any LogSource
    let limits: GossipLimits
    let refused = RefusedEvidence()
    /// Told of the bytes that were received.
    let received: @Sendable (Int) -> Void

    var name: String { peer.name }
    var vantage: String { "peer:\(peer.name)" }

    /// The newest heads of the logs that the peer watches: each log once, with as many heads as its quorum may take.
    func newestHeads() async throws -> [(logID: String, heads: [[UInt8]])] {
        guard let entries = try await json("heads", limits.answerBytes)["heads"]?.elements else {
            throw FetchError(.malformed, "heads: must be an array")
        }
        var places: [String: Int] = [:]
        var logs: [(logID: String, heads: [[UInt8]])] = []
        for entry in entries {
            guard let logID = entry["log_id"]?.text?.description, let head = entry["head"]?.bytes() else { continue }
            if let place = places[logID] {
                if logs[place].heads.count < GossipDesk.headsOfLog { logs[place].heads.append(head) }
            } else {
                places[logID] = logs.count
                logs.append((logID, [head]))
            }
        }
        return logs
    }

    /// The head that the peer verified at a size, or below it; nil where it has none.
    func head(of logID: String, at size: UInt64) async throws -> [UInt8]? {
        try await get("logs/\(logID)/heads/\(size)", limits.answerBytes)
    }

    func offers() async throws -> [Offer] {
        guard let entries = try await json("evidence", limits.answerBytes)["evidence"]?.elements else {
            throw FetchError(.malformed, "evidence: must be an array")
        }
        return entries.prefix(Self.maximumOffers).compactMap { entry in
            func digest(_ value: JSONValue?) -> Digest? {
                (value?.text?.description).flatMap { Hex.decode($0) }.flatMap { Digest($0) }
            }
            guard let logID = entry["log_id"]?.text?.description, let conflict = digest(entry["conflict"]),
                let hash = digest(entry["sha256"])
            else { return nil }
            return Offer(logID: logID, conflict: conflict, sha256: hash)
        }
    }

    /// A file of evidence, with the bytes that were offered; nil where the peer has it no longer.
    func evidence(_ hash: Digest) async throws -> [UInt8]? {
        guard let bytes = try await get("evidence/\(hash.hex)", limits.evidenceBytes) else { return nil }
        guard Digest.sha256(bytes) == hash else { throw FetchError(.malformed, "evidence is not what was offered") }
        return bytes
    }

    private func json(_ path: String, _ maximumBytes: Int) async throws -> JSONValue {
        guard let body = try await get(path, maximumBytes) else {
            throw FetchError(.httpStatus, "status 404: the peer does not gossip, or its address is wrong")
        }
        do { return try JSONReader.parse(body, maximumDepth: JSONReader.envelopeDepth) } catch {
            throw FetchError(.malformed, "the answer is no JSON: \(error)")
        }
    }

    /// - Returns: nil for 404.
    private func get(_ path: String, _ maximumBytes: Int) async throws -> [UInt8]? {
        let response = try await source.get(
            FetchRequest(
                url: "\(peer.url)/gossip/v1/\(path)", maximumBytes: maximumBytes, timeoutSeconds: limits.timeout))
        LoopPulse.current?.works()
        received(response.body.count)
        switch response.status {
        case 200: return response.body
        case 404: return nil
        default: throw FetchError(.httpStatus, "status \(response.status)", retryAfter: response.retryAfter)
        }
    }
}
