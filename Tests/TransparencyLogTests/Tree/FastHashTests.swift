import CLogHash
import Crypto
import HostileLog
import Testing

@testable import TransparencyLog

/// The processor's instructions against swift-crypto.
@Suite(.enabled(if: FastHash.isAvailable, "this processor has no instructions for SHA-256"))
struct FastHashTests {
    private func oracle(_ bytes: some Sequence<UInt8>) -> [UInt8] { Array(SHA256.hash(data: Array(bytes))) }

    /// Every length around the edges of blocks, at every alignment.
    @Test func everyLength() {
        var generator = SplitMix(state: 1)
        for length in 0..<260 {
            let bytes = generator.bytes(length + 16)
            let start = length % 16
            let message = bytes[start..<start + length]
            var digest = [UInt8](repeating: 0, count: 32)
            message.withUnsafeBytes { log_hash_sha256($0.baseAddress, length, &digest) }
            #expect(digest == oracle(message), "length \(length)")
            #expect(Digest.sha256(message).bytes == digest)
        }
    }

    /// Whole groups of streams and the rest of one, apart and in place.
    @Test(arguments: 0..<20) func nodes(count: Int) {
        var generator = SplitMix(state: UInt64(count))
        let pairs = generator.bytes(64 * count)
        let expected = (0..<count).flatMap { oracle(pairs[(64 * $0)..<(64 * $0 + 64)]) }
        var digests = [UInt8](repeating: 0, count: 32 * count)
        log_hash_nodes(pairs, count, &digests)
        #expect(digests == expected)
        var inPlace = pairs
        inPlace.withUnsafeMutableBytes { log_hash_nodes($0.baseAddress, count, $0.baseAddress) }
        #expect(Array(inPlace.prefix(32 * count)) == expected)
    }

    @Test func aNodeOfTheTree() throws {
        let left = Digest.sha256([1])
        let right = Digest.sha256([2])
        #expect(HashRecipe.nexo.node(left, right).bytes == oracle(left.bytes + right.bytes))
        #expect(HashRecipe.rfc6962.node(left, right).bytes == oracle([1] + left.bytes + right.bytes))
    }
}
