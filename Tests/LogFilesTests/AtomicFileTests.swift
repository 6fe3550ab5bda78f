import Foundation
import HostileLog
import LogFiles
import Testing

struct AtomicFileTests {
    let folder: ScratchFolder
    var path: String { folder.url.appending(path: "report.json").path }

    init() throws { folder = try ScratchFolder() }

    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.url.path) }

    @Test func itReplacesAndLeavesNothingBehind() throws {
        try AtomicFile.write(Array("old and long".utf8), to: path)
        try AtomicFile.write(Array("new".utf8), to: path)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
        #expect(try names() == ["report.json"])
    }

    /// What a killed process left goes; what may be somebody else's, or is being written, stays.
    @Test func whatAKillLeft() throws {
        // A number that no process has: beyond what Linux gives.
        let nobody = 4_194_305
        let gone = ["report.json.tmp-\(nobody)-1", "report.json.tmp-\(getpid())-4294967295"]
        let kept = [
            "report.json", "report.json.tmp-1-7", "report.json.tmp-\(nobody)", "report.json.tmp-\(nobody)-x",
            "report.json.tmp-0-1", "report.json.tmp--1-1", "other.json.tmp-\(nobody)-1", ".tmp-\(nobody)-1",
        ]
        for name in gone + kept { _ = try folder.write("x", to: name) }
        let removed = try AtomicFile.removeAbandoned(in: folder.url.path) { $0 == "report.json" }
        #expect(removed == gone.sorted())
        #expect(try names().sorted() == kept.sorted())
        #expect(try AtomicFile.removeAbandoned(in: folder.url.path + "/none") { _ in true } == [])
    }

    @Test func theModeIsTheFiles() throws {
        try AtomicFile.write([], to: path, mode: 0o600)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func aFailureLeavesNoTemporaryFile() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let error = #expect(throws: LogFileError.self) { try AtomicFile.write([1], to: path) }
        #expect(try #require(error).description.hasPrefix("\(path): cannot be written"))
        #expect(try names() == ["report.json"])
    }
}
