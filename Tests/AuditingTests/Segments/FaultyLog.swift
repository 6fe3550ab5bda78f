import HostileLog
import TransparencyLog

/// A log with faults of all kinds in it, by chance: the same for the same seed.
struct FaultyLog {
    private(set) var log = TestLog()
    private(set) var headLines: [String] = []
    private(set) var leaves = ""
    private var random: SplitMix
    /// What was written last, to be written again by other signers.
    private var last = TestLog.Lies()

    init(seed: UInt64, lines: Int) throws {
        random = SplitMix(state: seed)
        while headLines.count < lines { try step() }
        if chance(3) { headLines[headLines.count - 1] = String(headLines[headLines.count - 1].dropLast(9)) }
        makeLeaves()
    }

    /// The file of heads; its last line may be torn, or without a newline.
    var heads: String { headLines.joined(separator: "\n") + (headLines.last?.hasSuffix("}") == true ? "\n" : "") }

    private mutating func chance(_ of: UInt64) -> Bool { random.next() % of == 0 }
    private mutating func below(_ limit: Int) -> Int { Int(random.next() % UInt64(max(limit, 1))) }

    private mutating func step() throws {
        var lies = TestLog.Lies()
        lies.timestamp = 1_700_000_100 + UInt64(log.heads.count) - (chance(9) ? 5 : 0)
        switch below(16) {
        case 0: lies.signers = [below(3)]
        case 1: lies.root = .sha256([UInt8(below(3))])
        case 2: lies.previous = ""
        case 3: lies.previous = try older()?.hash(log.dialect).base64
        case 4: lies.treeSize = String(below(log.registrations.count))
        case 5:
            (lies.treeSize, lies.root) = (older().map { String($0.treeSize) }, .sha256([7]))
            lies.signers = [below(3), below(3)]
        case 6:
            if let head = older() { (lies.treeSize, lies.root) = (String(head.treeSize), head.root) }
        case 7: return headLines.append(["{", "", "\u{0}", "[1]"][below(4)])
        case 8: return headLines.append(headLines.isEmpty ? "{}" : headLines[below(headLines.count)])
        case 9:
            // The same head by another signer: signatures are covered by no hash.
            last.signers = [below(3)]
            return headLines.append(try log.text(last))
        case 10: lies.signatures = "[]"
        case 11: lies.policy = #"{"t":1,"n":3}"#
        default: log.register("user\(log.registrations.count)\(chance(9) ? "-of-24-bytes-in-all" : "")")
        }
        last = lies
        last.previous = try lies.previous ?? log.heads.last?.hash(log.dialect).base64 ?? ""
        last.treeSize = lies.treeSize ?? String(log.registrations.count)
        let head = try log.publish { $0 = lies }
        last.root = head.root
        // A head that was never published leaves a gap.
        if !chance(12) { headLines.append(head.value.serialized()) }
    }

    private mutating func older() -> SignedTreeHead? {
        log.heads.isEmpty ? nil : log.heads[log.heads.count - 1 - below(min(log.heads.count, 12))]
    }

    private mutating func makeLeaves() {
        var lines = log.leafLines
        guard !lines.isEmpty else { return }
        if chance(2) { lines[below(lines.count)] += " " }
        for _ in 0..<below(4) {
            let index = below(lines.count)
            lines[index] = lines[index].replacing("user", with: "USER")
        }
        if chance(4) { lines[below(lines.count)] = "{" }
        if chance(4) { lines.removeLast(min(2, lines.count)) }
        leaves = lines.map { $0 + "\n" }.joined()
        if chance(4) { leaves += #"{"id":"# }
    }
}
