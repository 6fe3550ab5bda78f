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
