import TransparencyLog

@testable import Watching

/// A watcher that is wrong in one way, to see that the simulation would notice.
enum Sabotage: String, CaseIterable, Sendable {
    case dropsFork = "drops the findings that are forks"
    case losesUnanswered = "drops the findings of a commit whose answer was lost"
    case dropsWarning = "drops all other findings"
    case dropsHead = "drops the newest head of a step"
    case movesBack = "moves the verified position back"
    case believesContested = "believes a head that contradicts another"
    case invents = "invents a finding"
    case tellsBeforeEvidence = "tells before the evidence is on the disk"
    case tellsTwice = "forgets what it told a sink"
    case logsAgain = "forgets what it logged"
    case losesMessages = "loses a message that it takes for told"

    /// The invariant that must catch it.
    var caughtBy: String {
        switch self {
        case .dropsFork, .dropsWarning, .losesUnanswered: "unreported"
        case .dropsHead: "lost head"
        case .movesBack: "moved back"
        case .believesContested: "two histories"
        case .invents: "invented"
        case .tellsBeforeEvidence: "evidence"
        case .tellsTwice: "told twice"
        case .logsAgain: "logged twice"
        case .losesMessages: "never told"
        }
    }

    func tamper(_ step: inout PollStep) {
        switch self {
        case .dropsFork: step.findings.removeAll { $0.finding.rule.isFork }
        case .dropsWarning: step.findings.removeAll { !$0.finding.rule.isFork }
        case .dropsHead: if step.heads.count > 1 { step.heads.removeLast() }
        case .movesBack: if step.position.verifiedSize > 3 { step.position.verifiedSize -= 2 }
        case .believesContested:
            for index in step.heads.indices where step.heads[index].state == .contested {
                step.heads[index].state = .verified
            }
        case .invents:
            if step.position.verifiedCount > 4 {
                let finding = Finding(.branch, treeSize: 1, expected: "one head", found: "two")
                step.findings.append(StoredFinding(finding, subject: [], at: step.at))
            }
        case .losesUnanswered, .tellsBeforeEvidence, .tellsTwice, .logsAgain, .losesMessages: break
        }
    }
}
