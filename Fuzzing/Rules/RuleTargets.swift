/// All targets of the rules and of the files that they are read from.
public enum RuleTargets {
    public static let all: [FuzzTarget] = [
        .json, .elements, .base64, .leaf, .lines, .head, .trust, .evidence, .proofs, .notes, .ed25519,
    ]
}
