import Auditing
import Foundation
import HostileLog
import Launching
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
        do {
            let result = try await Program.tool(["python3", "-c", program, schema, path], folder: scratch.url)
            guard result.code != 77 else { return print("skipped: python3's package jsonschema is not here") }
            #expect(result.code == 0, "\(result.errors)")
        } catch is LaunchFailure { print("skipped: no python3") }
    }
}
