import Auditing
import HostileLog
import Testing
import TransparencyLog

/// What is signed cannot be changed unseen, nor crash the reader.
struct ReportTamperTests {
    private struct Signed {
        let report: [UInt8]
        let envelope: [UInt8]
        let key: [UInt8]

        func isAccepted(report: [UInt8]? = nil, envelope: [UInt8]? = nil, key: [UInt8]? = nil) -> Bool {
            do {
                try ReportCheck(envelope: envelope ?? self.envelope, publicKey: key ?? self.key)
                    .check(report: report ?? self.report)
                return true
            } catch { return false }
        }
    }

    private func signed() async throws -> Signed {
        let report = try await ReportFixture.clean.report(in: ScratchFolder())
        let files = ReportFixture.outputs(report)
        let key = try #require(ReportFixture.signer)
        return Signed(report: files[0].bytes, envelope: try #require(files.last).bytes, key: key.publicKey)
    }

    @Test func everyByteOfTheEnvelopeCounts() async throws {
        let signed = try await signed()
        #expect(signed.isAccepted())
        for index in signed.envelope.indices {
            for flip: UInt8 in [0x01, 0x20, 0x80] {
                var envelope = signed.envelope
                envelope[index] ^= flip
                #expect(!signed.isAccepted(envelope: envelope), "byte \(index)")
            }
        }
        for length in stride(from: 0, to: signed.envelope.count, by: 7) {
            #expect(!signed.isAccepted(envelope: Array(signed.envelope[..<length])))
        }
        #expect(!signed.isAccepted(envelope: signed.envelope + [0x0A]))
    }

    @Test func everyByteOfTheReportCounts() async throws {
        let signed = try await signed()
        let check = try ReportCheck(envelope: signed.envelope, publicKey: signed.key)
        var report = signed.report
        for index in report.indices {
            report[index] ^= 0x01
            #expect(throws: ReportCheck.Failure.self) { try check.check(report: report) }
            report[index] ^= 0x01
        }
        #expect(!signed.isAccepted(report: report + [0x0A]))
    }

    @Test func anotherKeyIsNotBelieved() async throws {
        let signed = try await signed()
        let other = try #require(Ed25519.PrivateKey(seed: [UInt8](repeating: 3, count: 32)))
        #expect(!signed.isAccepted(key: other.publicKey))
    }

    @Test func anotherStatementOfTheSameKeyIsNotBelieved() async throws {
        let signed = try await signed()
        let key = try #require(ReportFixture.signer)
        for statement in [JSONValue.object([]), .null, .object([JSONMember("_type", .string("other"))])] {
            #expect(!signed.isAccepted(envelope: DSSEEnvelope(statement, key: key).bytes))
        }
    }

    @Test func inputsAreComparedByHash() async throws {
        let signed = try await signed()
        let check = try ReportCheck(envelope: signed.envelope, publicKey: signed.key)
        let scratch = try ScratchFolder()
        for (name, bytes) in try ReportFixture.clean.inputs() {
            let role: InputFile.Role = name == "trust.json" ? .trust : name == "sth.jsonl" ? .heads : .leaves
            try check.check(InputFile(role: role, path: scratch.write(bytes, to: name)))
            let changed = try InputFile(role: role, path: scratch.write(bytes + [0x0A], to: name))
            #expect(throws: ReportCheck.Failure.self) { try check.check(changed) }
        }
    }
}
