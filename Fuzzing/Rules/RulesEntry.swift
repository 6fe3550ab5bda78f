import Glibc

/// What libFuzzer calls, through the C entry of the executable.
@_cdecl("nexo_fuzz_rules_run")
func runRules(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    FuzzRun.run(RuleTargets.all, UnsafeBufferPointer(start: bytes, count: count))
}

@_cdecl("nexo_fuzz_rules_replay")
func replayRules(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
    FuzzRun.replay(RuleTargets.all, (1..<Int(count)).compactMap { arguments[$0].map { String(cString: $0) } })
}
