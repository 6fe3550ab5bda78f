import TransparencyLog

/// What was found in a range of a chain's lines, small however long the range is, and made so that it can be joined with
/// what was found before and behind it.
public struct Segment: Sendable {
    public static let format = "nexo-segment/v1"

    /// What all segments of one audit have in common.
    struct Common: Hashable, Sendable {
        var trust: TrustFile
        var heads: String
        var leaves: AuditReport.Coverage.Leaves
        var now: UInt64
        var window: Int
        var tool: String
    }

    var common: Common
    var begin: SegmentEdge
    var end: SegmentEdge
    /// What was found in the order of the chain.
    var body: AuditReport
    /// What was found of roots that the walk through the leaves had passed, by size.
    var deferred: AuditReport
    /// How many heads that concerns.
    var deferredHeads: Int
    /// What is found where the chain ends with this segment; nil where more lines follow.
    var ending: AuditReport?
    var evidence: [Evidence]

    /// The lines of the range, from 1; empty if the upper bound is below the lower one.
    public var lines: Range<UInt64> { begin.lines + 1..<end.lines + 1 }
    public var headsChecked: Int { body.headsChecked }
    public var findingsCount: Int { body.counts.values.reduce(0, +) + deferred.counts.values.reduce(0, +) }

    /// The bytes of the file: the JSON and a newline.
    public var fileBytes: [UInt8] {
        JSONValue.object([
            JSONMember("format", .string(Self.format)), JSONMember("tool", .string(common.tool)),
            JSONMember("log", common.trust.json), JSONMember("heads", .string(common.heads)),
            JSONMember("leaves", .string(common.leaves.rawValue)), JSONMember("now", .integer(common.now)),
            JSONMember("window", .integer(common.window)), JSONMember("begin", begin.json),
            JSONMember("end", end.json), JSONMember("body", body.part), JSONMember("deferred", deferred.part),
            JSONMember("deferred_heads", .integer(deferredHeads)), JSONMember("ending", ending?.part ?? .null),
            JSONMember("evidence", .array(evidence.map(\.json))),
        ]).bytes() + [0x0A]
    }
}

extension Segment {
    /// Findings are bounded, and so is a segment; this is far more than one can have.
    private static let largestFile = 256 << 20

    public init(json bytes: [UInt8]) throws(SegmentFailure) {
        let fields: SegmentFields
        do {
            fields = SegmentFields(
                value: try JSONReader.parse(
                    bytes, maximumBytes: Self.largestFile, maximumDepth: JSONReader.envelopeDepth), place: "segment")
        } catch { throw SegmentFailure("is no JSON, or was cut: \(error); write the segment again") }
        guard try fields.text("format") == Self.format else {
            throw fields.wrong("format", "\"\(Self.format)\"")
        }
        let trust: TrustFile
        do { trust = try TrustFile(fields.object("log").value) } catch {
            throw SegmentFailure("segment.log: \(error)")
        }
        guard let leaves = AuditReport.Coverage.Leaves(rawValue: try fields.text("leaves")) else {
            throw fields.wrong("leaves", "none or registrations")
        }
        common = Common(
            trust: trust, heads: try fields.text("heads"), leaves: leaves, now: try fields.integer("now"),
            window: try fields.count("window"), tool: try fields.text("tool"))
        begin = try SegmentEdge(fields.object("begin"))
        end = try SegmentEdge(fields.object("end"))
        guard begin.lines <= end.lines else { throw fields.wrong("end", "behind the beginning") }
        let none = AuditReport(trust)
        body = try AuditReport(fields.object("body"), of: none)
        deferred = try AuditReport(fields.object("deferred"), of: none)
        deferredHeads = try fields.count("deferred_heads")
        ending = fields.value["ending"] == .null ? nil : try AuditReport(fields.object("ending"), of: none)
        evidence = try fields.elements("evidence").map { value throws(SegmentFailure) in
            do { return try Evidence(json: value.bytes()) } catch {
                throw SegmentFailure("segment.evidence: \(error); write the segment again")
            }
        }
    }
}

extension AuditReport {
    init(_ trust: TrustFile) { self.init(name: trust.name, logID: trust.logID, dialect: trust.canonical) }
}
