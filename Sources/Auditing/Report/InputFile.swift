internal import Glibc
public import LogFiles
internal import SystemPackage
public import TransparencyLog

internal import struct Crypto.SHA256

/// A file that a report rests on, named by what is in it.
public struct InputFile: Hashable, Sendable {
    public enum Role: String, CaseIterable, Sendable {
        case trust, heads, leaves
    }

    public let role: Role
    /// Without its folder: the same files give the same report wherever they lie.
    public let name: String
    public let sha256: Digest
    public let bytes: UInt64

    public init(role: Role, name: String, sha256: Digest, bytes: UInt64) {
        self.role = role
        self.name = name
        self.sha256 = sha256
        self.bytes = bytes
    }

    /// Reads a file in blocks and hashes it.
    public init(role: Role, path: String) throws(LogFileError) {
        var hash = SHA256()
        var bytes: UInt64 = 0
        do {
            let file = try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec])
            try file.closeAfter {
                var block = [UInt8](repeating: 0, count: 1 << 20)
                while true {
                    let count = try block.withUnsafeMutableBytes { try file.read(into: $0) }
                    if count == 0 { break }
                    block.withUnsafeBytes { hash.update(bufferPointer: .init(rebasing: $0[..<count])) }
                    bytes += UInt64(count)
                }
            }
        } catch {
            throw LogFileError(path: path, reason: "cannot be read (\(error)); check the path and its permissions")
        }
        guard let sha256 = Digest(Array(hash.finalize())) else {
            throw LogFileError(path: path, reason: "cannot be hashed")
        }
        self.init(role: role, name: Self.baseName(path), sha256: sha256, bytes: bytes)
    }

    /// A file that was read whole.
    public init(role: Role, path: String, contents: [UInt8]) {
        self.init(
            role: role, name: Self.baseName(path), sha256: .sha256(contents), bytes: UInt64(contents.count))
    }

    static func baseName(_ path: String) -> String {
        FilePath(path).lastComponent?.string ?? path
    }

    /// What changes when a file is written to: device, inode, size and time of the last change.
    ///
    /// The audit reads its files again after they were hashed; a report must not name one file and judge another.
    static func mark(_ path: String) -> [Int64] {
        var status = stat()
        guard stat(path, &status) == 0 else { return [] }
        return [
            Int64(truncatingIfNeeded: status.st_dev), Int64(truncatingIfNeeded: status.st_ino), Int64(status.st_size),
            Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec),
        ]
    }
}
