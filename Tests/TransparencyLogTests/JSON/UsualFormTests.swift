import HostileLog
import Testing

@testable import TransparencyLog

/// The short ways through usual lines against the strict reader: what both read is the same, and bytes that the strict
/// reader refuses no short way takes.
@Suite struct UsualFormTests {
    /// Texts near a usual one: bytes changed, taken out, put in or doubled, runs moved, and what parsers trip over.
    struct Mutations {
        var random: SplitMix
        let lines: [[UInt8]]
        private let inserted = [
            " ", "\t", "\r\n", "\\", "\"", ",", ":", "{", "}", "[", "]", "0", "9", "-", "1.0", "1e3", "\u{1}", "=", "ß",
            "\u{0}",
            #""tree_size":5,"#, #""timestamp":9007199254740992,"#, #""id":"x","#, #""policy":{},"#, #"\u0041"#, "null",
            #""signatures":[],"#, #""prev_hash":null,"#, #""leaf_hash":"x","#, "007", "18446744073709551616",
        ].map { Array($0.utf8) }

        mutating func next() -> [UInt8] {
            var line = lines[below(lines.count)]
            for _ in 0...below(2) where !line.isEmpty {
                let place = below(line.count)
                switch below(6) {
                case 0: line[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: line.remove(at: place)
                case 2: line.insert(contentsOf: inserted[below(inserted.count)], at: place)
                case 3: line.replaceSubrange(place..<place + 1, with: inserted[below(inserted.count)])
                case 4: line.insert(contentsOf: line[place..<min(line.count, place + below(60))], at: below(line.count))
                default: line.removeSubrange(place..<min(line.count, place + below(60)))
                }
            }
            return line
        }

        private mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
    }

    private func sameHead(_ text: [UInt8]) throws -> Bool {
        guard let usual = UsualHead(text) else { return false }
        let short = SignedTreeHead(usual)
        let strict = try SignedTreeHead(JSONReader.parse(text))
        #expect(short.treeSize == strict.treeSize && short.timestamp == strict.timestamp && short.root == strict.root)
        #expect(short.predecessor == strict.predecessor && short.policy == strict.policy)
        #expect(short.signatures == strict.signatures && short.unknownMembers == strict.unknownMembers)
        #expect(short == strict && short.hashValue == strict.hashValue && short.value == strict.value)
        for dialect in CanonicalJSON.allCases {
            #expect(try short.canonicalBytes(dialect) == strict.canonicalBytes(dialect))
        }
        return true
    }

    private func sameLeaf(_ text: [UInt8]) throws -> Bool {
        guard let usual = text.withUnsafeBufferPointer(UsualLeaf.init) else { return false }
        let value = try JSONReader.parse(text)
        let strict = try Registration(value)
        #expect(usual.hash == strict.leafHash && usual.canPoseAsNode == strict.canPoseAsNode)
        #expect(usual.claimed == value["leaf_hash"]?.text.flatMap(Digest.init(base64:)))
        return true
    }

    private static func heads() throws -> [[UInt8]] {
        var log = try TestLog.honest(5)
        try log.publish { $0.signers = [0, 1, 2] }
        try log.publish { $0.signatures = "[]" }
        try log.publish { $0.previous = Digest.zero.base64 }
        try log.publish { $0.policy = #"{"n":3,"t":2}"# }
        return log.headLines.map { Array($0.utf8) }
    }

    private static func leaves() throws -> [[UInt8]] {
        var log = try TestLog.honest(5)
        log.register("an id of 24 bytes, so ..")
        return log.leafLines.map { Array($0.utf8) }
    }

    @Test func usualLinesTakeTheShortWay() throws {
        for head in try Self.heads() { #expect(try sameHead(head)) }
        for leaf in try Self.leaves() { #expect(try sameLeaf(leaf)) }
        let spaced = try Self.leaves().map { String(decoding: $0, as: UTF8.self).replacing(":", with: " : ") + " \r" }
        for leaf in spaced { #expect(try sameLeaf(Array(leaf.utf8))) }
    }

    @Test(.enabled(if: PublicVectors.arePresent, "public vectors are absent")) func aRealDeployment() throws {
        let heads = try PublicVectors.bytes("nexo-messenger/sth.jsonl").split(separator: 0x0A)
        let leaves = try PublicVectors.bytes("nexo-messenger/users.jsonl").split(separator: 0x0A)
        #expect(heads.count == 3 && leaves.count == 7)
        for head in heads { #expect(try sameHead(Array(head))) }
        for leaf in leaves { #expect(try sameLeaf(Array(leaf))) }
    }

    @Test func mutatedHeads() throws {
        var mutations = Mutations(random: SplitMix(state: 3), lines: try Self.heads())
        let taken = try (0..<20_000).count { _ in try sameHead(mutations.next()) }
        #expect(taken > 500 && taken < 15_000)
    }

    @Test func mutatedLeaves() throws {
        var mutations = Mutations(random: SplitMix(state: 4), lines: try Self.leaves())
        let taken = try (0..<20_000).count { _ in try sameLeaf(mutations.next()) }
        #expect(taken > 500 && taken < 15_000)
    }
}
