/// How each command of the documents is tested. A command that is not run here has a reason.
enum DocumentPlan {
    enum Way {
        /// To its end, with this exit code.
        case run(Int32)
        /// Until it does what it is there for; then it is told to stop, and exits with 0.
        case service
        /// Tested by something else, or not at all, and why.
        case elsewhere(String)
    }

    private struct Rule {
        /// Of the document's path.
        var document = ""
        /// Of the command.
        let beginning: String
        let way: Way
    }

    /// The first that fits counts; what fits none runs to its end and exits with 0.
    private static let rules = [
        Rule(beginning: "nexo-watch run --once", way: .run(1)),
        Rule(beginning: "nexo-watch run", way: .service),
        Rule(beginning: "nexo-server run", way: .service),
        // Proved.
        Rule(beginning: "nexo-audit evidence", way: .run(1)),
        Rule(
            document: "docs/AUDITING.md", beginning: "nexo-audit verify --trust Fixtures/report/broken", way: .run(1)),
        // The stage's own watch has an open fork.
        Rule(document: "docs/RUNBOOK.md", beginning: "nexo-watch status", way: .run(1)),
        Rule(document: "docs/RUNBOOK.md", beginning: "nexo-audit verify", way: .run(1)),
        Rule(
            beginning: "nexo-audit quorum",
            way: .elsewhere("GossipProgramTests.quorum runs it, with checkpoints of three watchers")),
        Rule(beginning: "scripts/demo", way: .elsewhere("scripts/integration runs it")),
        Rule(beginning: "scripts/test", way: .elsewhere("runs these tests")),
        Rule(beginning: ".ci/run", way: .elsewhere("runs these tests")),
        Rule(beginning: "swift format", way: .elsewhere(".ci/run checks the format; a test must not change files")),
        Rule(beginning: "NEXO_WRITE_DOCS=1 swift test", way: .elsewhere("runs these tests, and changes files")),
        Rule(
            document: "docs/SCALE.md", beginning: "apt-get install",
            way: .elsewhere("changes the system; scripts/scale needs the package too")),
        Rule(
            document: "docs/SCALE.md", beginning: "export now",
            way: .elsewhere("scripts/scale runs the same under GNU parallel and PySpark")),
        Rule(document: "docs/SCALE.md", beginning: "lines=", way: .elsewhere("as above")),
        Rule(document: "docs/SCALE.md", beginning: "seq ", way: .elsewhere("as above")),
        Rule(document: "docs/SCALE.md", beginning: "nexo-audit join *", way: .elsewhere("as above")),
        // Documents about packages, containers and machines: what they do needs a system of its own.
        Rule(document: "docs/INSTALL.md", beginning: "", way: .elsewhere("scripts/test-package installs and removes")),
        Rule(document: "docs/OPERATE.md", beginning: "", way: .elsewhere("scripts/integration has the real parts")),
        Rule(document: "docs/RELIABILITY.md", beginning: "", way: .elsewhere("scripts/nightly runs them, for hours")),
        Rule(document: "docs/deploy/", beginning: "", way: .elsewhere("needs Docker, or systemd as the first process")),
    ]

    static func way(of command: DocumentCommand) -> Way {
        rules.first { command.document.hasPrefix($0.document) && command.text.hasPrefix($0.beginning) }?.way ?? .run(0)
    }
}
