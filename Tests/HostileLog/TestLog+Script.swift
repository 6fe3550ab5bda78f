extension TestLog {
    /// Answers as a deployment does: the newest heads first, and the registrations.
    ///
    /// - Parameters:
    ///   - cap: the server gives at most so many heads, and does not say so.
    ///   - leaves: lines to serve instead of the log's own.
    public func script(cap: Int = .max, leaves: [String]? = nil) -> ScriptedServer.Script {
        let heads = headLines
        let users = (leaves ?? leafLines).map { $0 + "\n" }.joined()
        return { question in
            switch question.path {
            case "/sth/chain":
                let newest = heads.suffix(min(question.limit ?? 10, cap)).reversed()
                return .init("[\(newest.joined(separator: ","))]")
            case "/users.jsonl": return .init(users)
            default: return .init("not here", status: 404)
            }
        }
    }

    /// This log as it was with its first heads only.
    public func prefix(_ count: Int) -> TestLog {
        var log = self
        log.keep(heads: count)
        return log
    }
}
