public import Foundation

extension RepositoryFile {
    /// Why a document has no such part.
    struct NoSuchPart: Error, CustomStringConvertible {
        let path: String
        let name: String
        var description: String { "\(path): has no lines <!-- \(name) --> and <!-- end of \(name) -->" }
    }

    /// The part of a document between `<!-- name -->` and `<!-- end of name -->`; with `NEXO_WRITE_DOCS=1` in the
    /// environment it is written anew first.
    public static func part(_ name: String, of path: String, writing part: String) throws -> String {
        let whole = try String(contentsOf: url(path), encoding: .utf8)
        guard let begin = whole.range(of: "<!-- \(name) -->\n")?.upperBound,
            let end = whole.range(of: "<!-- end of \(name) -->")?.lowerBound, begin <= end
        else { throw NoSuchPart(path: path, name: name) }
        guard ProcessInfo.processInfo.environment["NEXO_WRITE_DOCS"] == "1" else { return String(whole[begin..<end]) }
        try Data(whole.replacingCharacters(in: begin..<end, with: part).utf8).write(to: url(path))
        return part
    }

    /// Where a file of the repository lies.
    public static func url(_ path: String) -> URL {
        root.appending(path: path)
    }
}
