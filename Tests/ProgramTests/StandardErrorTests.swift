import HostileLog
import Testing
import TransparencyLog

/// Where not even an error can be written, the exit code still tells.
struct StandardErrorTests {
    /// A folder with three heads and their trust file.
    private static func published() throws -> ScratchFolder {
        let folder = try ScratchFolder()
        let log = try TestLog.honest(3)
        _ = try folder.write(log.headLines.map { $0 + "\n" }.joined(), to: "sth.jsonl")
        _ = try folder.write(log.trust().json.bytes(), to: "trust.json")
        return folder
    }

    /// What is printed is what was asked for: none of it, or half, is no success.
    @Test func aFullDiskForTheAnswer() async throws {
        let folder = try Self.published()
        let command = "nexo-audit verify --heads sth.jsonl --trust trust.json"
        #expect(try await Program.shell(command, folder: folder.url).code == 0)
        let result = try await Program.shell("\(command) >/dev/full", folder: folder.url)
        #expect(result.code == 3 && result.errors.contains("standard output cannot be written"), "\(result.errors)")
    }

    /// A file that is damaged is none, whoever started the program: where SIGCHLD is ignored nobody hears how gzip ended.
    @Test func aDamagedFileWhereSignalsAreIgnored() async throws {
        let folder = try Self.published()
        let cut =
            "head -n 2 sth.jsonl >a.jsonl && tail -n 1 sth.jsonl >b.jsonl && gzip -k a.jsonl b.jsonl && head -c 12 b.jsonl.gz | cat a.jsonl.gz - >sth.jsonl.gz"
        #expect(try await Program.shell(cut, folder: folder.url).code == 0)
        let result = try await Program.shell(
            "trap '' CHLD; exec nexo-audit verify --heads sth.jsonl.gz --trust trust.json", folder: folder.url)
        #expect(result.code == 3, "\(result.output)\(result.errors)")
    }

    /// Both copies are read several times, so that a pipe would be compared in part.
    @Test func copiesThatArePipes() async throws {
        let folder = try Self.published()
        let result = try await Program.shell(
            "cat sth.jsonl | nexo-audit diff - sth.jsonl --trust trust.json", folder: folder.url)
        #expect(result.code == 3 && result.errors.contains("give no pipe"), "\(result.code) \(result.errors)")
    }

    @Test(arguments: [
        ("nexo-watch check-config --config missing", 2), ("nexo-audit verify --trust missing --heads missing", 2),
        ("COSIGNER_0_SK=x nexo-server run", 2), ("nexo-audit evidence missing --trust missing", 2),
    ])
    func aFullDisk(command: String, code: Int32) async throws {
        let folder = try ScratchFolder()
        for output in ["2>/dev/full", "2>&-"] {
            let result = try await Program.shell("\(command) \(output)", folder: folder.url)
            #expect(result.code == code, "\(command) \(output): \(result.errors)")
        }
    }
}
