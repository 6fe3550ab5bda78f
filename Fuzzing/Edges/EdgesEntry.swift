import FuzzRules
import Glibc

/// What libFuzzer calls, through the C entry of the executable.
@_cdecl("nexo_fuzz_edges_run")
func runEdges(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    FuzzRun.run(EdgeTargets.all, UnsafeBufferPointer(start: bytes, count: count))
}

@_cdecl("nexo_fuzz_edges_replay")
func replayEdges(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
    FuzzRun.replay(EdgeTargets.all, (1..<Int(count)).compactMap { arguments[$0].map { String(cString: $0) } })
}
