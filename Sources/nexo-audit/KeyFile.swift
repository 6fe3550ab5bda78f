import ArgumentParser
import Foundation
import ProgramSupport
import TransparencyLog

/// Files that hold one Ed25519 key in base64.
enum KeyFile {
    static func seed(_ path: String) throws -> Ed25519.PrivateKey {
        guard let key = Ed25519.PrivateKey(seed: try read(path, what: "seed")) else {
            Program.say("nexo-audit: \(path): is no Ed25519 seed")
            throw ExitCode(2)
        }
        return key
    }

    static func publicKey(_ path: String) throws -> [UInt8] { try read(path, what: "public key") }

    private static func read(_ path: String, what: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            Program.say("nexo-audit: \(path): cannot be read; give the path of a file with the \(what) in base64")
            throw ExitCode(2)
        }
        let text = data.prefix(1_024).filter { ![0x0A, 0x0D, 0x20].contains($0) }
        guard let bytes = Base64.decode(Array(text)), bytes.count == 32 else {
            Program.say("nexo-audit: \(path): must hold the base64 of a \(what) of 32 bytes, and nothing else")
            throw ExitCode(2)
        }
        return bytes
    }
}
