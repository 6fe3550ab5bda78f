import Foundation
import HostileLog
import LogFiles
import Testing

struct DurableFolderTests {
    let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    private func mode(_ path: String) throws -> Int? {
        try (FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue
    }

    @Test func missingFoldersAreMade() throws {
        let path = scratch.url.appending(path: "a/b/c").path
        try DurableFolder.make(path, mode: 0o700)
        #expect(try mode(path) == 0o700)
        // Again, and with a slash: nothing happens.
        try DurableFolder.make(path + "/")
        #expect(try mode(path) == 0o700)
    }

    @Test func whatCannotBeMadeIsNamed() throws {
        let file = try scratch.write("", to: "file")
        let error = #expect(throws: LogFileError.self) { try DurableFolder.make("\(file)/x") }
        #expect(error?.description.hasPrefix("\(file)/x: cannot be made (Not a directory)") == true)
        #expect(throws: LogFileError.self) { try DurableFolder.make("") }
        #expect(throws: LogFileError.self) { try DurableFolder.make(file) }
    }

    /// A folder that is there, and takes no names, is not tried for ever.
    @Test func wherePlaceIsNone() throws {
        let link = scratch.url.appending(path: "link").path
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "nowhere/else")
        for path in [link + "/x", "/proc/x"] {
            let error = #expect(throws: LogFileError.self) { try DurableFolder.make(path) }
            #expect(error?.description.hasPrefix("\(path): cannot be made (No such file or directory)") == true)
        }
    }
}
