import ArgumentParser
import Foundation
import TransparencyLog

/// Writes the files of a long honest log, for the auditor, without ever holding them in memory.
struct Files: ParsableCommand {
    @Option(help: "The folder for trust.json, sth.jsonl and users.jsonl.")
    var folder: String

    @Option(help: "How many heads, spread evenly over the registrations.")
    var heads = 1_000

    @Option(help: "How many registrations.")
    var leavesLines = 5_000_000

    @Option(help: "How many of the three cosigners sign each head.")
    var signers = 3

    func validate() throws {
        guard heads >= 1, leavesLines >= heads, (2...3).contains(signers) else {
            throw ValidationError("at least one head, a registration for each, and two or three signers are needed")
        }
    }

    func run() throws {
        let folder = URL(fileURLWithPath: folder)
        let keys = (1...3).compactMap { Ed25519.PrivateKey(seed: [UInt8](repeating: $0, count: 32)) }
        let trust = try TrustFile(
            name: "bench", canonical: .jcs, policy: .init(t: 2, n: 3),
            cosigners: keys.enumerated().map { .init(id: "cosigner_\($0)", publicKey: $1.publicKey) })
        try Data(trust.json.bytes()).write(to: folder.appending(path: "trust.json"))
        var users = try LineWriter(folder.appending(path: "users.jsonl"))
        var chain = try LineWriter(folder.appending(path: "sth.jsonl"))
        var frontier = Frontier()
        var previous = ""
        for index in 0..<leavesLines {
            let id = "user\(index)@bench"
            let registration = Registration(
                id: JSONText(id), publicKey: Digest.sha256(Array(id.utf8)).bytes,
                timestamp: 1_600_000_000 + UInt64(index))
            let leaf = registration.leafHash
            frontier.append(leaf)
            let key = Base64.encode(registration.publicKey)
            try users.write(
                #"{"id":"\#(id)","public_key":"\#(key)","timestamp":\#(registration.timestamp),"#
                    + #""leaf_hash":"\#(leaf.base64)"}"#)
            // The last registration has a head; the others have theirs at even distances before it.
            let size = index + 1
            guard size * heads / leavesLines > index * heads / leavesLines, let root = frontier.root else { continue }
            // Written as it is hashed: names sorted, no white space.
            let before = #""policy":{"n":3,"t":2},"prev_hash":"\#(previous)","root":"\#(root.base64)","#
            let after = #""timestamp":\#(registration.timestamp),"tree_size":\#(size)}"#
            let hash = Digest.sha256(Array("{\(before)\(after)".utf8))
            let signatures = keys.prefix(signers).enumerated().map { signer, key in
                #"{"cosigner":"cosigner_\#(signer)","sig":"\#(Base64.encode(key.signature(for: hash.bytes)))"}"#
            }
            try chain.write(#"{\#(before)"signatures":[\#(signatures.joined(separator: ","))],\#(after)"#)
            previous = hash.base64
        }
        try users.finish()
        try chain.finish()
    }
}

/// Appends lines to a new file, in blocks.
private struct LineWriter {
    private static let blockSize = 1 << 20

    private let file: FileHandle
    private var block: [UInt8] = []

    init(_ url: URL) throws {
        try Data().write(to: url)
        file = try FileHandle(forWritingTo: url)
        block.reserveCapacity(Self.blockSize + 4_096)
    }

    mutating func write(_ line: String) throws {
        block.append(contentsOf: line.utf8)
        block.append(UInt8(ascii: "\n"))
        if block.count >= Self.blockSize { try flush() }
    }

    mutating func finish() throws {
        try flush()
        try file.close()
    }

    private mutating func flush() throws {
        try file.write(contentsOf: block)
        block.removeAll(keepingCapacity: true)
    }
}
