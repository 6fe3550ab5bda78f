/// How each command of the documents is tested. A command that is not run here is run by somebody else, whose text shows
/// it, or has a reason why nobody runs it.
enum DocumentPlan {
    enum Way {
        /// To its end, with this exit code.
        case run(Int32)
        /// Until it does what it is there for; then it is told to stop, and exits with 0.
        case service
        /// By a script or another test: the file has this text, which is the command as it stands there.
        case by(String, String)
        /// By nobody, and why.
        case not(String)
    }

    struct Rule {
        /// Of the document's path.
        var document = ""
        /// Of the command.
        let beginning: String
        let way: Way

        func fits(_ command: DocumentCommand) -> Bool {
            command.document.hasPrefix(document) && command.text.hasPrefix(beginning)
        }
    }

    private static let install = "docs/INSTALL.md"
    private static let scale = "docs/SCALE.md"
    private static let runbook = "docs/RUNBOOK.md"
    /// Runs in a Debian of its own, under systemd.
    private static let inside = "scripts/support/test-package-inside"

    /// The first that fits counts; what fits none runs to its end and exits with 0.
    static let rules = [
        Rule(beginning: "nexo-watch run", way: .service),
        Rule(beginning: "nexo-server run", way: .service),
        // Proved.
        Rule(beginning: "nexo-audit evidence", way: .run(1)),
        Rule(
            document: "docs/AUDITING.md", beginning: "nexo-audit verify --trust Fixtures/report/broken", way: .run(1)),
        // The stage's own watch has an open fork.
        Rule(document: runbook, beginning: "nexo-watch status", way: .run(1)),
        Rule(document: runbook, beginning: "nexo-audit verify", way: .run(1)),
        Rule(
            beginning: "nexo-audit quorum",
            way: .by("Tests/ProgramTests/GossipProgramTests.swift", #""quorum", "--trust", "log.json""#)),
        Rule(beginning: "scripts/demo", way: .by("scripts/integration", "scripts/demo sh -c")),
        Rule(beginning: "scripts/test", way: .by(".ci/run", "scripts/test ")),
        Rule(beginning: ".ci/run", way: .by(".github/workflows/ci.yml", ".ci/run")),
        Rule(beginning: "swift format", way: .by(".ci/run", "swift format lint --strict --recursive")),
        Rule(beginning: "NEXO_WRITE_DOCS=1 swift test", way: .not("runs these tests, and changes files")),
        Rule(document: scale, beginning: "apt-get install parallel", way: .by("scripts/scale", " parallel; }")),
        Rule(document: scale, beginning: "export now", way: .by("scripts/scale", "now=$(date +%s)")),
        Rule(document: scale, beginning: "lines=", way: .by("scripts/scale", "lines=$(wc -l <sth.jsonl)")),
        Rule(document: scale, beginning: "seq ", way: .by("scripts/scale", "parallel --will-cite --halt now,fail=1")),
        Rule(
            document: scale, beginning: "nexo-audit join *", way: .by("scripts/scale", #"join --json "$1"/*.segment"#)),
        Rule(beginning: "scripts/package", way: .by(".github/workflows/ci.yml", "run: scripts/package dist")),
        Rule(
            beginning: "apt install ./dist",
            way: .by("scripts/test-package", "apt-get install -y -qq --no-install-recommends /tmp/nexo-watch.deb")),
        Rule(
            document: install, beginning: "systemctl enable --now",
            way: .by(inside, "systemctl enable --now --quiet nexo-watch nexo-server nexo-cosign")),
        Rule(
            document: install, beginning: "systemctl status nexo-watch",
            way: .by(inside, "systemctl status --no-pager nexo-watch")),
        Rule(
            document: install, beginning: "systemctl stop nexo-server", way: .by(inside, "systemctl stop nexo-server")),
        Rule(
            document: install, beginning: "systemctl start nexo-server",
            way: .by(inside, "systemctl start nexo-server")),
        Rule(
            document: install, beginning: "systemd-run",
            way: .by(inside, "nexo-server compact --data /var/lib/nexo-server")),
        Rule(
            document: "docs/deploy/", beginning: "docker compose up",
            way: .not("needs Docker; scripts/support/check-deployment checks all that it names")),
        Rule(
            beginning: "promtool check rules",
            way: .by("scripts/support/operate.sh", "promtool check rules dashboards/alerts.yml")),
        Rule(
            beginning: "promtool test rules",
            way: .by("scripts/support/operate.sh", "promtool test rules dashboards/alerts_test.yml")),
    ]

    static func way(of command: DocumentCommand) -> Way { rules.first { $0.fits(command) }?.way ?? .run(0) }
}
