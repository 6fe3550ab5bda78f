import Foundation
import HostileLog
import Launching
import Testing

struct LaunchTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// What a line of shell writes, and how it ends.
    private func shell(
        _ line: String, _ change: (inout Launch) -> Void = { _ in }
    ) throws -> (end: ProgramEnd, output: String) {
        let file = folder.url.appending(path: "output")
        var launch = Launch(["sh", "-c", line], environment: ["PATH": "/usr/bin:/bin", "GIVEN": "given"])
        launch.output = .file(file.path)
        change(&launch)
        let end = ProgramEnd.wait(for: try launch.start())
        return (end, try String(contentsOf: file, encoding: .utf8))
    }

    @Test func itsSurroundings() throws {
        let input = try #require(FileHandle(forReadingAtPath: try folder.write("said\n", to: "input")))
        let result = try shell(#"cat; pwd; echo "$GIVEN $HOME."; ls /proc/$$/fd"#) {
            $0.folder = folder.url.path
            $0.input = .descriptor(input.fileDescriptor)
        }
        #expect(result.end == .exited(0))
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(lines.prefix(1) == ["said"] && lines.dropFirst().first?.hasSuffix(folder.url.lastPathComponent) == true)
        #expect(lines.dropFirst(2).first == "given .")
        // The descriptor of the input is open here, and not there.
        #expect(input.fileDescriptor > 2 && Array(lines.dropFirst(3)) == ["0", "1", "2"])
    }

    @Test(arguments: [true, false]) func itsGroup(leadsGroup: Bool) throws {
        let output = try shell("exec cut -d ' ' -f 1,5 /proc/self/stat") { $0.leadsGroup = leadsGroup }.output
        let numbers = output.split(whereSeparator: \.isWhitespace)
        #expect(numbers.count == 2 && (numbers.first == numbers.last) == leadsGroup)
    }

    @Test func itsEnd() throws {
        #expect(try shell("exit 7").end == .exited(7))
        #expect(try shell("kill -9 $$").end == .killed(9))
    }

    @Test func aProgramThatIsNotThere() throws {
        let launch = Launch(["nexo-no-such-program"], environment: [:])
        let failure = #expect(throws: LaunchFailure.self) { try launch.start() }
        #expect(failure?.description == "nexo-no-such-program cannot be run: No such file or directory")
    }
}
