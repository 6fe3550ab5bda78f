import LogFiles
import Logging
import TransparencyLog

extension LogService {
    /// Registrations that are written together at most: it bounds the memory of a write, and the wait for the first.
    private static let batch = 1_024

    /// Writes what waits, batch after batch. Only one runs at a time.
    func commitAll() async {
        while !waiting.isEmpty {
            let batch = Array(waiting.prefix(Self.batch))
            waiting.removeFirst(batch.count)
            await commit(batch)
        }
        isCommitting = false
        if tree.size > covered { publishLater() }
        for continuation in closing { continuation.resume() }
        closing = []
    }

    /// Tries again in a while, since nobody may register meanwhile: cosigners come back, and disks get room.
    func publishLater() {
        guard !isClosed, retry == nil else { return }
        let pause = min(retryPause, retries.most)
        retryPause = pause * 2
        retry = Task { [weak self] in
            guard (try? await Task.sleep(for: pause)) != nil else { return }
            await self?.publishAgain()
        }
    }

    func tellThatSomeWait(_ error: any Error) {
        logger.error(
            "registrations wait for a head that can be published",
            metadata: ["registrations": "\(tree.size - covered)", "error": "\(error)"])
    }

    private func publishAgain() async {
        retry = nil
        // Who commits has the registrations in its own heads, or comes here once more.
        guard tree.size > covered, !isCommitting, !isClosed else { return }
        isCommitting = true
        do {
            try await publish([tree.size])
            logger.notice("registrations that waited are published", metadata: ["tree_size": "\(tree.size)"])
        } catch {
            tellThatSomeWait(error)
        }
        await commitAll()
    }

    /// Registrations first, then the heads that cover them. If the power fails between the two, the registrations were not
    /// acknowledged, and the next start publishes a head for them.
    private func commit(_ batch: [Waiting]) async {
        let first = tree.size
        do { try await storage.append(registrations: batch.map(Self.line)) } catch {
            for entry in batch { entry.continuation.resume(throwing: Refusal.notStored("\(error)")) }
            return
        }
        for entry in batch {
            tree.append(entry.leaf)
            index.hold(idHash: RegistrationIndex.hash(of: entry.registration.id), leaf: entry.leaf)
        }
        let heads: [[UInt8]]
        do { heads = try await publish(Array(first + 1...tree.size)) } catch {
            for entry in batch { entry.continuation.resume(throwing: Refusal.notPublished("\(error)")) }
            return
        }
        for (offset, (entry, head)) in zip(batch, heads).enumerated() {
            entry.continuation.resume(returning: Receipt(index: first + UInt64(offset), head: head))
        }
    }

    private static func line(_ entry: Waiting) -> [UInt8] {
        JSONValue.object([
            JSONMember("id", .string(entry.registration.id)),
            JSONMember("public_key", .string(Base64.encode(entry.registration.publicKey))),
            JSONMember("timestamp", .integer(entry.registration.timestamp)),
            JSONMember("leaf_hash", .string(entry.leaf.base64)),
        ]).bytes()
    }

    /// Signs and stores a head for each of these sizes, the last of which is the tree's; none of them is shown before all
    /// are on the disk.
    @discardableResult
    func publish(_ sizes: [UInt64]) async throws -> [[UInt8]] {
        let timestamp = max(now(), lastHeadTimestamp)
        var previous = previous
        var members: [[JSONMember]] = []
        var asked: [HeadToSign] = []
        for size in sizes {
            let root = tree.root(at: size) ?? .zero
            let head = [
                JSONMember("tree_size", .integer(size)), JSONMember("root", .string(root.base64)),
                JSONMember("prev_hash", .string(previous?.base64 ?? "")),
                JSONMember(
                    "policy",
                    .object([
                        JSONMember("t", .integer(trustFile.policy.t)), JSONMember("n", .integer(trustFile.policy.n)),
                    ])),
                JSONMember("timestamp", .integer(timestamp)),
            ]
            let hash = try SignedTreeHead(.object(head)).hash(trustFile.canonical)
            asked.append(HeadToSign(treeSize: size, root: root, value: .object(head), hash: hash))
            members.append(head)
            previous = hash
        }
        let signatures = await cosigning.cosign(asked, history: self)
        for (head, signers) in zip(asked, signatures) where signers.count < trustFile.policy.t {
            throw TooFewCosigners(treeSize: head.treeSize, signers: signers.map(\.cosigner))
        }
        let lines = zip(members, signatures).map { members, signatures in
            JSONValue.object(members + [JSONMember("signatures", .array(signatures.map(\.json)))]).bytes()
        }
        try await storage.append(heads: lines)
        self.previous = previous
        // With those of earlier batches whose own heads could not be published.
        index.release(from: covered)
        covered = sizes.last ?? covered
        retry?.cancel()
        retry = nil
        retryPause = retries.first
        headsCount += lines.count
        lastHeadTimestamp = timestamp
        latestHead = lines.last
        return lines
    }

    struct TooFewCosigners: Error, CustomStringConvertible {
        let treeSize: UInt64
        let signers: [String]
        var description: String {
            "the head of size \(treeSize) was signed by \(signers.isEmpty ? "nobody" : signers.joined(separator: ", "))"
        }
    }
}
