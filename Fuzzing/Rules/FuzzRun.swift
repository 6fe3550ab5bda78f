import Foundation
import Synchronization

/// Runs the target that the environment names.
public enum FuzzRun {
    public static let variable = "NEXO_FUZZ_TARGET"

    private static let chosen = Mutex<FuzzTarget?>(nil)

    /// One input. Whatever a target finds ends the process, as libFuzzer expects.
    public static func run(_ targets: [FuzzTarget], _ bytes: UnsafeBufferPointer<UInt8>) -> Int32 {
        let target = chosen.withLock { chosen in
            if chosen == nil { chosen = choose(targets) }
            return chosen
        }
        guard let target else {
            fatalError("set \(variable) to one of \(targets.map(\.name).joined(separator: ", "))")
        }
        do { try target.run(Array(bytes)) } catch { fatalError("\(target.name): \(error)") }
        return 0
    }

    private static func choose(_ targets: [FuzzTarget]) -> FuzzTarget? {
        let name = ProcessInfo.processInfo.environment[variable]
        return targets.first { $0.name == name }
    }

    /// Runs files, in a build without libFuzzer.
    ///
    /// - Returns: 0, 1 if a target found something, 2 for a wrong name or a file that cannot be read.
    public static func replay(_ targets: [FuzzTarget], _ paths: [String]) -> Int32 {
        guard let target = choose(targets), !paths.isEmpty else {
            print("usage: \(variable)=TARGET \(CommandLine.arguments[0]) FILE…")
            print("targets: \(targets.map(\.name).joined(separator: " "))")
            return 2
        }
        for path in paths {
            guard let data = FileManager.default.contents(atPath: path) else {
                print("\(path): cannot be read")
                return 2
            }
            do { try target.run(Array(data)) } catch {
                print("\(path): \(target.name): \(error)")
                return 1
            }
        }
        print("\(target.name): \(paths.count) files")
        return 0
    }
}
