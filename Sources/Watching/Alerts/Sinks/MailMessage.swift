import TransparencyLog

/// A mail as RFC 5322 writes it. All that stands in its headers is made of closed alphabets or encoded (RFC 2047), so that
/// no text of others can add a header; the body is quoted-printable (RFC 2045).
struct MailMessage {
    let bytes: [UInt8]

    init(from: String, to: [String], _ message: AlertMessage) {
        let domain = from.split(separator: "@").last.map(String.init) ?? "localhost"
        let fingerprint = message.alert.fingerprint.hex
        func id(_ revision: Int64) -> String { "<\(fingerprint).\(revision)@\(domain)>" }
        var headers = [
            "From: NEXO Watch <\(from)>",
            "To: \(to.map { "<\($0)>" }.joined(separator: ",\r\n "))",
            "Subject: \(Self.encoded("[NEXO Watch] \(message.title)"))",
            "Date: \(AlertTime.mail(message.alert.updatedAt))",
            // The same message has the same id, however often it is sent.
            "Message-ID: \(id(message.alert.revision))",
        ]
        // All mails of an alert are one thread; the first one need not have been sent.
        if message.alert.revision > 1 { headers.append("References: \(id(1))") }
        headers += [
            "Auto-Submitted: auto-generated", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: quoted-printable",
        ]
        let body = message.lines.map(Self.quotedPrintable)
        bytes = Array((headers + [""] + body).map { $0 + "\r\n" }.joined().utf8)
    }

    /// Plain where it is short and printable ASCII, else in encoded words of at most 75 characters.
    static func encoded(_ text: String) -> String {
        let isPlain = text.utf8.count <= 70 && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        if isPlain, !text.contains("=?") { return text }
        var words: [String] = []
        var word = ""
        for scalar in text.unicodeScalars {
            let letters = scalar.utf8.map { byte in
                let isSafe =
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                return isSafe ? String(UnicodeScalar(byte)) : byte == 0x20 ? "_" : escaped(byte)
            }.joined()
            // "=?utf-8?Q?" and "?=" take twelve.
            if word.count + letters.count > 63 {
                words.append(word)
                word = ""
            }
            word += letters
        }
        words.append(word)
        return words.map { "=?utf-8?Q?\($0)?=" }.joined(separator: "\r\n ")
    }

    /// One line of the text; a long one is broken softly.
    static func quotedPrintable(_ line: String) -> String {
        var lines: [String] = []
        var current = ""
        let bytes = Array(line.utf8)
        for (index, byte) in bytes.enumerated() {
            let isLastSpace = byte == 0x20 && index == bytes.count - 1
            let isPlain = (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "=") && !isLastSpace
            let letters = isPlain ? String(UnicodeScalar(byte)) : escaped(byte)
            if current.utf8.count + letters.utf8.count > 75 {
                lines.append(current + "=")
                current = ""
            }
            current += letters
        }
        return (lines + [current]).joined(separator: "\r\n")
    }

    private static func escaped(_ byte: UInt8) -> String {
        let hex = String(byte, radix: 16, uppercase: true)
        return "=" + (hex.count == 1 ? "0" : "") + hex
    }
}
