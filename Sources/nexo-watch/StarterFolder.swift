import ArgumentParser
import Foundation
import LogFiles
import ProgramSupport
import TransparencyLog
import Watching

/// The folder of a first watch. Nothing in it is ever overwritten: a trust file may have been compared by somebody.
struct StarterFolder {
    let path: String

    private static let configuration = "watch.yaml"

    func write(_ starter: StarterConfiguration, _ trust: TrustFile) throws {
        let folder = URL(fileURLWithPath: path, isDirectory: true)
        let trustPath = "\(path)/\(starter.trustFile)"
        let configurationPath = "\(path)/\(Self.configuration)"
        guard !FileManager.default.fileExists(atPath: trustPath) else {
            Program.say(
                "nexo-watch: \(trustPath): is there already; compare its keys, and give another --name or --folder")
            throw ExitCode(2)
        }
        let isFirst = !FileManager.default.fileExists(atPath: configurationPath)
        try starter.check(folder: folder)
        try DurableFolder.make(path)
        try AtomicFile.write(Array((trust.json.serialized() + "\n").utf8), to: trustPath)
        print("\(trustPath): trust on first use; compare these keys over another channel")
        for line in Self.keys(trust) { print(line) }
        if isFirst {
            try AtomicFile.write(Array(starter.text.utf8), to: configurationPath)
            let whom = starter.tellsSomebody ? "see there who is told of alerts" : "say there who is told of alerts"
            print("\(configurationPath): the configuration; \(whom)")
            if starter.tellsSomebody { print("next: nexo-watch test-alert --config \(configurationPath)") }
        } else {
            print("\(configurationPath): is there already; add this under logs:\n\(starter.entry)", terminator: "")
            if starter.tellsSomebody { print("the webhook was not added; name it there under alerts: sinks:") }
        }
        print("next: nexo-watch run --config \(configurationPath)")
    }

    /// The pinned keys, for people to compare.
    static func keys(_ trust: TrustFile) -> [String] {
        trust.cosigners.map { "  \($0.id): \(Base64.encode($0.publicKey))" }
    }
}
