import Foundation
import HostileLog
import LogFiles
import Testing

struct DurableAppenderTests {
    let folder: ScratchFolder
    var path: String { folder.url.appending(path: "users.jsonl").path }

    init() throws { folder = try ScratchFolder() }

    func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

    func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

    @Test func linesAreAppendedEachWithItsNewline() throws {
        do {
            var file = try DurableAppender(path: path)
            let fileTail = file.tornTail
            #expect(fileTail == nil)
            try file.append(Array(#"{"a":1}"#.utf8))
            try file.append([])
        }
        var file = try DurableAppender(path: path)
        let fileTail = file.tornTail
        #expect(fileTail == nil)
        try file.append(Array("b".utf8))
        #expect(try text(path) == "{\"a\":1}\n\nb\n")
    }

    @Test func aNewFileIsNotForTheWorld() throws {
        _ = try DurableAppender(path: path)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        let mode = try #require(attributes[.posixPermissions] as? Int)
        #expect(mode & 0o137 == 0)
    }

    /// C5: whatever is behind the last newline is saved aside, byte for byte, and never fuses with the next line.
    @Test(arguments: [
        Array(#"{"id":"a","publ"#.utf8),
        Array(#"{"id":"whole"}"#.utf8),
        [0x7B, 0x22, 0xC3],
        [UInt8](repeating: 0, count: 4096),
        [UInt8](repeating: 0, count: 300_001),
        Array("x\r".utf8),
        [0xEF, 0xBB, 0xBF],
    ])
    func anUnterminatedTailIsSavedAsideAndTrimmed(_ tail: [UInt8]) throws {
        for whole in ["", "{\"id\":\"1\"}\n", "\r\n\n"] {
            try? FileManager.default.removeItem(atPath: "\(path).torn-\(whole.utf8.count)")
            _ = try folder.write(Array(whole.utf8) + tail, to: "users.jsonl")
            do {
                var file = try DurableAppender(path: path)
                let found = file.tornTail
                let torn = try #require(found)
                #expect(torn.byteOffset == UInt64(whole.utf8.count))
                #expect(torn.savedAs == "\(path).torn-\(whole.utf8.count)")
                #expect(try bytes(torn.savedAs) == tail)
                #expect(try text(path) == whole)
                try file.append(Array("next".utf8))
            }
            #expect(try text(path) == "\(whole)next\n")
            let reopened = try DurableAppender(path: path)
            let reopenedTail = reopened.tornTail
            #expect(reopenedTail == nil)
        }
    }

    /// A newline at each place around the border of the blocks that the tail is searched in.
    @Test(arguments: [65_534, 65_535, 65_536, 65_537])
    func theLastNewlineIsFoundAcrossBlocks(_ length: Int) throws {
        let tail = [UInt8](repeating: 0x61, count: length)
        _ = try folder.write([0x62, 0x0A] + tail, to: "users.jsonl")
        let file = try DurableAppender(path: path)
        let found = file.tornTail
        let torn = try #require(found)
        #expect(torn.byteOffset == 2)
        #expect(try bytes(torn.savedAs) == tail)
    }

    @Test func anEarlierTornTailIsKept() throws {
        var saved: [String] = []
        for tail in ["one", "two", "three"] {
            _ = try folder.write("ok\n" + tail, to: "users.jsonl")
            let file = try DurableAppender(path: path)
            let found = file.tornTail
            saved.append(try #require(found).savedAs)
        }
        #expect(saved == ["\(path).torn-3", "\(path).torn-3-2", "\(path).torn-3-3"])
        #expect(try saved.map(text) == ["one", "two", "three"])
    }

    @Test func aSecondServerIsRefused() throws {
        do {
            let first = try DurableAppender(path: path)
            let error = #expect(throws: LogFileError.self) { _ = try DurableAppender(path: path) }
            #expect(error?.description == "\(path): is in use by another server; stop that one first")
            let firstTail = first.tornTail
            #expect(firstTail == nil)
        }
        _ = try DurableAppender(path: path)
    }

    /// `nexo-server compact` puts another file in the place of the one that it holds, and a server may wait for that one.
    @Test(arguments: ["new\n", nil])
    func aFileThatLostItsNameIsNotAppendedTo(_ next: String?) async throws {
        let path = try folder.write("old\n", to: "users.jsonl")
        let waiting: Task<Void, any Error>
        do {
            let holder = try DurableAppender(path: path)
            waiting = Task { try await Self.append("mine", to: path) }
            #expect(await eventually { descriptors() == 2 }, "the other has opened the file too, and waits for it")
            if let next {
                try AtomicFile.replace(path, with: folder.write(next, to: "next.jsonl"))
            } else {
                try FileManager.default.removeItem(atPath: path)
            }
            withExtendedLifetime(holder) {}
        }
        try await waiting.value
        #expect(try text(path) == (next ?? "") + "mine\n")
    }

    /// Waits for the file however long another has it, on a thread of its own.
    private static func append(_ line: String, to path: String) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            Thread {
                while true {
                    do {
                        var file = try DurableAppender(path: path)
                        try file.append(Array(line.utf8))
                        return continuation.resume()
                    } catch {
                        if "\(error)".contains("is in use") { continue }
                        return continuation.resume(throwing: error)
                    }
                }
            }.start()
        }
    }

    /// How often this process has the file open.
    private func descriptors() -> Int {
        let name = "\(folder.url.lastPathComponent)/users.jsonl"
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return all.count { descriptor in
            let file = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
            return file?.hasSuffix(name) == true
        }
    }

    @Test func aMissingFolderSaysWhichAndWhatToDo() throws {
        let error = #expect(throws: LogFileError.self) { _ = try DurableAppender(path: "/no/such/users.jsonl") }
        let message = try #require(error).description
        #expect(message.hasPrefix("/no/such/users.jsonl: cannot be opened for writing"))
        #expect(message.hasSuffix("check the folder"))
    }

    /// /dev/full takes no bytes and cannot be cut: nothing more may be written behind an unknown end.
    @Test func aFileThatCannotBeCutBackIsWrittenNoMore() throws {
        var file = try DurableAppender(path: "/dev/full")
        let first = #expect(throws: LogFileError.self) { try file.append([0x61]) }
        #expect(try #require(first).description.contains("nor cut back to byte 0"))
        let second = #expect(throws: LogFileError.self) { try file.append([0x61]) }
        #expect(try #require(second).description.contains("left unfinished by a failed write"))
    }
}
