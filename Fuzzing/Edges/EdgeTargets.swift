public import FuzzRules

/// Targets of what programs read at their edges: configurations, requests, frames, and files that people hand around.
public enum EdgeTargets {
    public static let all: [FuzzTarget] = [.config, .tiles, .headers, .frames, .upgrade, .proofFile, .segment]
}
