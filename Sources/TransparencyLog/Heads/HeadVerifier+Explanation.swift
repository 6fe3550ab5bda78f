extension HeadVerifier {
    /// Why a signature that is invalid here may look valid elsewhere (PROTOCOL, "Signatures"); empty where nothing explains
    /// it. It changes no verdict, and is asked of one failed signature a cosigner and head, since it costs more than a
    /// verification.
    func explanation(
        of signature: SignedTreeHead.Signature, head: SignedTreeHead, message: [UInt8], keys: [[UInt8]]
    ) -> String {
        guard let bytes = signature.bytes else { return ", since its sig is not the strict base64 of 64 bytes" }
        let unknown = head.unknownMembers
        if !unknown.isEmpty, let hash = try? head.hashOfKnownMembers(trust.canonical),
            keys.contains(where: { Ed25519.verifies(signature: bytes, message: hash.bytes, publicKey: $0) })
        {
            let names = unknown.prefix(Self.unknownNamed).map { String($0.description.prefix(40)) }
            return ", but does over the known members alone: the server hashed the head without "
                + "\(names.joined(separator: ", "))\(unknown.count > Self.unknownNamed ? ", …" : "")"
        }
        if keys.contains(where: { ZIP215.verifies(signature: bytes, message: message, publicKey: $0) }) {
            return ", though it would under ZIP-215: it is valid for the server's library, and invalid by the rule here"
        }
        return ""
    }
}
