import Foundation
import FuzzEdges
import FuzzRules
import HostileLog
import Testing

/// The committed corpora, seeds and findings alike, through every target. `scripts/fuzz` goes on from there.
struct CorpusTests {
    static let targets = RuleTargets.all + EdgeTargets.all

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Fuzzing/Corpus").standardizedFileURL

    private static func inputs(_ target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
        let folder = folder.appending(path: target.name)
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { name in
            (name, Array(try Data(contentsOf: folder.appending(path: name))))
        }
    }

    @Test func everyTargetHasACorpus() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(folders) == Set(Self.targets.map(\.name)))
    }

    @Test(arguments: targets.map(\.name)) func promisesAreKept(name: String) throws {
        let target = try #require(Self.targets.first { $0.name == name })
        let inputs = try Self.inputs(target)
        #expect(!inputs.isEmpty && inputs.reduce(0) { $0 + $1.bytes.count } < 64 << 10)
        for input in inputs {
            #expect(throws: Never.self, "\(input.name)") { try target.run(input.bytes) }
        }
    }

    /// Every prefix of a seed, and every byte of it changed in some ways.
    @Test(arguments: targets.map(\.name)) func seedsThatAreDamaged(name: String) throws {
        let target = try #require(Self.targets.first { $0.name == name })
        var random = SplitMix(state: 9)
        for input in try Self.inputs(target) where input.bytes.count <= 2_048 {
            let step = max(input.bytes.count / 64, 1)
            for place in stride(from: 0, to: input.bytes.count, by: step) {
                var changed = input.bytes
                changed[place] = UInt8(truncatingIfNeeded: random.next())
                for bytes in [Array(input.bytes[..<place]), changed] {
                    #expect(throws: Never.self, "\(input.name), byte \(place)") { try target.run(bytes) }
                }
            }
        }
    }

    /// A target that cannot find anything is none: a reader that took a byte order mark would be told.
    @Test func aBrokenPromiseIsTold() {
        #expect(throws: BrokenPromise.self) { try promise(false, "this") }
        let liar = FuzzTarget("liar") { bytes in try promise(bytes.isEmpty, "bytes") }
        #expect(throws: BrokenPromise.self) { try liar.run([1]) }
    }
}
