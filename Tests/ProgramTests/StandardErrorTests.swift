import HostileLog
import Testing

/// Where not even an error can be written, the exit code still tells.
struct StandardErrorTests {
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
