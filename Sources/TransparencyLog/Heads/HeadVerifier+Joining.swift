extension HeadVerifier {
    /// Of two versions of one head, which differ in `signatures` alone, one with the valid signatures of both. No hash covers
    /// them, and evidence shows a head once: by a part of them it would not be believed.
    ///
    /// A version that has them all stays as it was received. Else the first one is given one signature for each pinned
    /// cosigner, and loses whatever else stood among them: so nobody can make a head grow.
    ///
    /// - Precondition: both have one hash.
    public func joined(_ first: SignedTreeHead, _ second: SignedTreeHead) -> SignedTreeHead {
        let (one, other) = (verify(first), verify(second))
        precondition(one.hash == other.hash, "versions of one head have one hash")
        if other.signers.isSubset(of: one.signers) { return first }
        if one.signers.isSubset(of: other.signers) { return second }
        var entries: [JSONValue] = []
        for (id, keys) in cosigners {
            guard let bytes = signature(by: id, keys, one) ?? signature(by: id, keys, other) else { continue }
            entries.append(
                .object([JSONMember("cosigner", .string(id)), JSONMember("sig", .string(Base64.encode(bytes)))]))
        }
        return first.signed(by: entries)
    }

    /// A valid signature by a cosigner, of those that are tried.
    private func signature(by id: String, _ entries: [Int], _ judged: JudgedHead) -> [UInt8]? {
        guard judged.signers.contains(id), let message = judged.hash?.bytes else { return nil }
        let keys = entries.filter { isCandidate($0, judged.head) }.map { trust.cosigners[$0].publicKey }
        return attempts(id, judged.head).compactMap(\.bytes).first { bytes in
            keys.contains { Ed25519.verifies(signature: bytes, message: message, publicKey: $0) }
        }
    }
}

extension SignedTreeHead {
    /// The same head with other signatures.
    fileprivate func signed(by entries: [JSONValue]) -> SignedTreeHead {
        let others = (value.members ?? []).filter { !($0.name == "signatures") }
        guard let head = try? SignedTreeHead(.object(others + [JSONMember("signatures", .array(entries))])) else {
            preconditionFailure("a head is one whatever its signatures are")
        }
        return head
    }
}
