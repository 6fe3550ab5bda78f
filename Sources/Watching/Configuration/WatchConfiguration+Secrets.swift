import Foundation

extension WatchConfiguration {
    /// The files that hold secrets, as far as they are named; the configuration itself where it holds one.
    var secretFiles: [String] {
        var files = [status.tokenFile, gossip?.keyFile, alerts.heartbeat?.address.file]
        for sink in alerts.sinks {
            switch sink.target {
            case .webhook(let webhook): files += [webhook.address.file, webhook.secretFile]
            case .email(let email): files.append(email.passwordFile)
            case .alertmanager, .command: break
            }
        }
        let points = vantages + logs.flatMap { $0.vantages ?? [] }
        files += points.map { $0.clientKey ?? $0.clientCertificate }
        let holdsSecret =
            points.contains { $0.proxy?.contains("@") == true || !$0.headers.isEmpty }
            || logs.contains { URLComponents(string: $0.url)?.password != nil }
        if holdsSecret { files.append(path) }
        return Set(files.compactMap { $0 }).sorted()
    }

    /// What the operator should mend, though it stops nothing: secrets that everybody on this machine can read.
    public var openSecrets: [String] {
        secretFiles.filter { file in
            let mode = (try? FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? NSNumber)?
                .intValue
            return (mode ?? 0) & 0o004 != 0
        }.map { "\($0): holds a secret, and everybody on this machine can read it; chmod o-r \($0)" }
    }
}
