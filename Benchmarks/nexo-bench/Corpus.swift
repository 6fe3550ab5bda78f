import ArgumentParser
import Auditing
import Foundation
import HostileLog
import TransparencyLog

/// Writes the seeds of the fuzzers' corpora, from the generators of the tests: no data of anybody else.
struct Corpus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the seeds of the fuzzers' corpora.",
        discussion: "Files that are there already, such as inputs that were found, stay.")

    @Option(help: "A folder with one folder a target.")
    var folder = "Fuzzing/Corpus"

    func run() async throws {
        let log = try Self.log()
        try write("json", Self.json + log.headLines.prefix(1))
        try write("elements", ["[]", "[1]", "[{\"a\":[\"]\"]},\"\\\\\\\"\",null]", " [ 1 , \"x\" ] "])
        try write("base64", ["", "AA==", "AAA=", "AAAA", "//+/", "AB==", "00ff", Digest.sha256([1]).base64])
        try write("leaf", log.leafLines.prefix(2) + [log.leafLines[0].replacing(":", with: " : ")])
        try write("lines", ["\u{3F}a\nbb\n\ncut", "\u{2}longer than it may be\nx\n", "\u{1}\r\n\0\n"])
        try write("head", log.headLines)
        try write("trust", try Self.trusts())
        try write("evidence", try Self.evidence())
        try write("notes", try Self.notes(log))
        try write("proofs", Self.proofs)
        try write("ed25519", Self.signatures())
        try write("config", Self.configurations)
        try write("tiles", ["0/000", "0/x001/x234/067", "1/255.p/7", "6/x001/000.p/255"])
        try write(
            "headers", ["\0\0\0\0\0\0\u{4}\0\u{0}bytes=0-99\nContent-Range: bytes 0-99/1234\nDate: x\nETag: \"a\""])
        try write("frames", Self.frames)
        try write("upgrade", Self.requests)
        try write("proof-file", Self.proofFiles(log))
        try write("segment", try await Self.segments())
    }

    private func write(_ target: String, _ seeds: [String]) throws { try write(target, seeds.map { Array($0.utf8) }) }

    private func write(_ target: String, _ seeds: [[UInt8]]) throws {
        let folder = URL(fileURLWithPath: folder).appending(path: target)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (index, seed) in seeds.enumerated() {
            try Data(seed).write(to: folder.appending(path: "seed-\(index)"))
        }
    }

    private static func log() throws -> TestLog {
        var log = try TestLog.honest(2)
        log.register("an id of 24 bytes, so ..")
        try log.publish { $0.signers = [0, 1, 2] }
        try log.publish { $0.previous = "" }
        try log.publish { $0.signatures = "[]" }
        return log
    }

    private static let json = [
        #"{"b":[1,-0.5e+3,1E400,1e21,123456789012345680000,5e-324,0.1],"a":{"b":null,"c":true},"€":"é\u20ac\ud83d\ude00"}"#,
        #" [ "\"\\\/\b\f\n\r\t\u0001", {"":{"":{}}}, false ] "#,
        "{\"\u{FB33}\":1,\"\u{1F600}\":2,\"\u{E000}\":3,\"a\":{\"a\":4,\"x\":5}}",
        "[9007199254740993,-9007199254740992,1.7976931348623157e308,2.2250738585072014e-308,4503599627370496.5]",
    ]

    private static func trusts() throws -> [[UInt8]] {
        let log = TestLog()
        let (old, new) = (log.keys[0].publicKey, log.keys[1].publicKey)
        let rotated = try TrustFile(
            name: "rotated", canonical: .shallow, policy: .init(t: 1, n: 1),
            cosigners: [
                .init(id: "a", publicKey: old, untilTreeSize: 9), .init(id: "a", publicKey: new, fromTreeSize: 9),
            ])
        return [try log.trust().json.bytes(), rotated.json.bytes()]
    }

    private static func evidence() throws -> [[UInt8]] {
        let log = try TestLog.honest(3)
        var other = log.prefix(1)
        other.register("another")
        try other.publish()
        func file(_ kind: Evidence.Kind, _ heads: [SignedTreeHead], leaves: [Digest]? = nil) throws -> [UInt8] {
            Evidence(
                kind: kind, log: try log.trust(),
                heads: heads.map { .init(head: $0.value, observed: [.init(from: "https://log.example", at: 1)]) },
                leaves: leaves, equivocating: ["cosigner_0"], created: 1, tool: "nexo-audit"
            ).fileBytes
        }
        var tree = MerkleTree()
        for registration in log.registrations { tree.append(registration.leafHash) }
        guard let root = tree.root(at: 2), let proof = tree.consistencyProof(first: 2, second: 3) else { return [] }
        let inconsistent = Evidence(
            kind: .inconsistent, log: try log.trust(),
            heads: [other.heads[1], log.heads[2]].map { .init(head: $0.value, observed: []) },
            prefix: .init(root: root, path: proof.path), equivocating: [], created: 1, tool: "x")
        return [
            try file(.sameSizeDifferentRoot, [log.heads[1], other.heads[1]]),
            try file(.rootMismatch, [log.heads[1]], leaves: log.registrations.prefix(2).map(\.leafHash)),
            inconsistent.fileBytes,
        ]
    }

    private static func notes(_ log: TestLog) throws -> [String] {
        guard let key = CosignerSigningKey(name: "watch.example/w1", key: log.keys[0]) else { return [] }
        let checkpoint = Checkpoint(
            origin: Checkpoint.origin(logID: try log.trust().logID), treeSize: 3, root: .zero)
        let note = SignedNote(text: checkpoint.text, signatures: [key.cosign(checkpoint, at: 1_700_000_000)])
        return [note.description, key.publicKey.description, key.secretText]
    }

    /// A recipe, a way, and what it takes.
    private static let proofs: [[UInt8]] = [
        [0, 0, 12, 5, 3, 7, 1, 2, 3], [1, 0, 79, 40, 63, 32, 9, 8, 7],
        [0, 1, 0] + [0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 9, 1, 2, 4, 3, 4, 5, 6],
        [1, 1, 60] + [UInt8](repeating: 0xFF, count: 16) + [1, 1, 64] + [UInt8](repeating: 7, count: 64),
    ]

    private static func signatures() -> [[UInt8]] {
        var odd = OddSignatures(seed: 1)
        let cases = (0..<24).map { _ in odd.next() }
        return cases.map { [0] + $0.key + $0.signature + $0.message } + [[1, 0, 0, 1, 2, 3], [1, 1, 1, 63, 0x80, 5]]
    }

    private static let configurations = [
        """
        listen: 127.0.0.1:9464
        interval: 15s
        limits: {chain_heads: 10, timeout: 5s}
        retention: {heads: 30d}
        status: {hosts: [watch.example], connections: 9, behind_proxy: true}
        vantages: [{name: v, proxy: "socks5h://127.0.0.1:1", resolve: ["a:1:127.0.0.1"], headers: {X: y}}]
        logs:
          - name: a
            url: https://a.example
            trust: a.json
            leaves: tiles
            max_head_age: 24h
            watch: [alice, "*@b.example"]
          - {name: b, url: "http://b.example", trust: b.json, frozen: {tree_size: 1, root: \(Digest.zero.base64)}}
        """,
        """
        gossip: {key_file: k, interval: 5s, peers: [{name: p, url: "https://p.example"}], limits: {conflicts: 3}}
        alerts:
          sinks:
            - {name: w, webhook: {url: "https://w.example", secret_file: s}}
            - {name: m, email: {smtp: "smtp://m.example:587", from: a@b.example, to: [c@d.example]}}
            - {name: c, command: {run: [page, --now]}}
          heartbeat: {url: "https://h.example"}
        logs: [&l {name: a, url: "http://a", trust: t}, *l]
        """,
    ]

    private static let frames: [[UInt8]] = {
        func frame(_ first: UInt8, _ text: String) -> [UInt8] {
            [first, 0x80 | UInt8(text.utf8.count), 1, 2, 3, 4] + text.utf8.enumerated().map { $1 ^ UInt8($0 % 4 + 1) }
        }
        return [
            frame(0x81, #"{"type":"ping"}"#) + frame(0x88, "\u{3}\u{48}"),
            frame(0x81, #"{"from":"a","to":"a","payload":"x"}"#), frame(0x01, #"{"type""#) + frame(0x80, #":"ping"}"#),
            frame(0x89, "hello") + frame(0x8A, "") + frame(0x82, "x"), [0x81, 0xFE, 0x10, 0x01, 0, 0, 0, 0],
            [0x83, 0x80],
        ]
    }()

    private static let requests: [String] = {
        let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        let key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        return [
            "GET /ws/a HTTP/1.1\r\nHost: x\r\n\(upgrade)\(key)\r\n", "GET /ws/ HTTP/1.1\r\n\(upgrade)\(key)\r\n",
            "GET /health HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", "\u{16}\u{3}\u{1}\0\0",
            "POST /did/register HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
            "GET /ws/%41 HTTP/1.1\r\n\(upgrade)Origin: http://o\r\n\(key)\r\n",
        ]
    }()

    private static func proofFiles(_ log: TestLog) throws -> [[UInt8]] {
        let honest = try TestLog.honest(3)
        var tree = MerkleTree()
        for registration in honest.registrations { tree.append(registration.leafHash) }
        guard let inclusion = tree.inclusionProof(index: 1, treeSize: 3),
            let consistency = tree.consistencyProof(first: 2, second: 3)
        else { return [] }
        let heads = honest.heads.map(\.value)
        return [
            ProofFile(
                log: try log.trust(),
                claim: .inclusion(head: heads[2], index: 1, registration: honest.registrations[1]), path: inclusion.path
            ),
            ProofFile(
                log: try log.trust(), claim: .consistency(first: heads[1], second: heads[2]), path: consistency.path),
        ].map { $0.json.bytes() }
    }

    private static func segments() async throws -> [[UInt8]] {
        let (log, folder) = (try TestLog.honest(4), try ScratchFolder())
        let inputs = Audit.Inputs(
            trust: try log.trust(), heads: try folder.write(log.headLines.map { $0 + "\n" }.joined(), to: "sth.jsonl"),
            leaves: try folder.write(log.leafLines.map { $0 + "\n" }.joined(), to: "users.jsonl"), now: 1_800_000_000)
        var segments: [[UInt8]] = []
        for bounds in ["1..2", "3.."] {
            guard let bounds = SegmentRange.bounds(bounds) else { continue }
            segments.append(try await Audit.segment(inputs, range: .lines(bounds)).fileBytes)
        }
        return segments
    }
}
