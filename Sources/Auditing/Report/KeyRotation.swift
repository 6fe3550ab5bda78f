import TransparencyLog

/// One cosigner's change of keys, as the trust file pins it.
struct KeyRotation: Hashable, Sendable {
    let cosigner: String
    /// The first size of the new key's window.
    let treeSize: UInt64
    /// Fingerprints of the keys.
    let from: String
    let to: String
}

extension ComplianceReport {
    /// By cosigner, then by size.
    var rotations: [KeyRotation] {
        statistics.cosigners.flatMap { cosigner in
            let windows = trust.cosigners.filter { $0.id == cosigner.id }.sorted { $0.fromTreeSize < $1.fromTreeSize }
            return zip(windows, windows.dropFirst()).map { old, new in
                KeyRotation(
                    cosigner: cosigner.id, treeSize: new.fromTreeSize, from: Self.fingerprint(old.publicKey),
                    to: Self.fingerprint(new.publicKey))
            }
        }
    }

    static let disclaimer =
        "nexo-audit certifies nothing and is no assessment of a control. A row says which results of this report "
        + "support evidence for a control; whether the control is met is for an assessor to judge."
}
