import Auditing
import Foundation
import HostileLog
import Testing
import TransparencyLog

struct ReportGoldenTests {
    @Test(arguments: ReportFixture.allCases)
    func allForms(fixture: ReportFixture) async throws {
        let report = try await fixture.report(in: ScratchFolder())
        let files = try fixture.inputs() + ReportFixture.outputs(report)
        if ReportFixture.mustWrite {
            try FileManager.default.createDirectory(at: fixture.folder, withIntermediateDirectories: true)
            for file in files { try Data(file.bytes).write(to: fixture.folder.appending(path: file.name)) }
        }
        for file in files {
            let golden = Array(try Data(contentsOf: fixture.folder.appending(path: file.name)))
            #expect(golden == file.bytes, "\(file.name) differs; NEXO_WRITE_FIXTURES=1 writes it again")
        }
    }

    @Test func theSameInputsGiveTheSameBytes() async throws {
        let one = try await ReportFixture.broken.report(in: ScratchFolder(), jobs: 1)
        let other = try await ReportFixture.broken.report(in: ScratchFolder(), jobs: 7)
        for (left, right) in zip(ReportFixture.outputs(one), ReportFixture.outputs(other)) {
            #expect(left.bytes == right.bytes, "\(left.name)")
        }
    }

    @Test(arguments: ReportFixture.allCases)
    func theJSONFormFitsItsSchema(fixture: ReportFixture) async throws {
        let scratch = try ScratchFolder()
        let path = try await scratch.write(fixture.report(in: scratch).json(), to: "report.json")
        let schema = ReportFixture.folder.deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "docs/schemas/nexo-report-v1.json").path
        let program = """
            import json, sys
            try:
                from jsonschema import Draft202012Validator
            except ImportError:
                sys.exit(77)
            schema = json.load(open(sys.argv[1]))
            Draft202012Validator.check_schema(schema)
            Draft202012Validator(schema).validate(json.load(open(sys.argv[2])))
            """
        let python = Process()
        python.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        python.arguments = ["python3", "-c", program, schema, path]
        let done = AsyncStream.makeStream(of: Int32.self)
        python.terminationHandler = { done.continuation.yield($0.terminationStatus) }
        do { try python.run() } catch {
            print("skipped: no python3")
            return
        }
        var codes = done.stream.makeAsyncIterator()
        let code = await codes.next()
        if code == 77 || code == 127 {
            print("skipped: python3 or its package jsonschema is not here")
        } else {
            #expect(code == 0)
        }
    }
}
