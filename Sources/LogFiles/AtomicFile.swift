import Glibc
import SystemPackage

/// Replaces whole files: a reader, and a power cut, find the old bytes or the new, never a mixture.
public enum AtomicFile {
    /// Writes a temporary file beside `path`, syncs it, renames it over `path`, and syncs the folder.
    ///
    /// - Parameter mode: permissions of the new file, less the process's umask; 0600 for secrets.
    public static func write(_ bytes: [UInt8], to path: String, mode: UInt16 = 0o640) throws(LogFileError) {
        let temporary = temporary(of: path)
        do {
            let file = try FileDescriptor.open(
                FilePath(temporary), .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: FilePermissions(rawValue: CInterop.Mode(mode)))
            do {
                try file.closeAfter {
                    try file.writeAll(bytes)
                    try Sync.file(file)
                }
                guard rename(temporary, path) == 0 else { throw Errno(rawValue: errno) }
            } catch {
                unlink(temporary)
                throw error
            }
        } catch {
            throw LogFileError(path: path, reason: "cannot be written (\(error)); check the folder and the disk")
        }
        try syncFolder(of: path)
    }

    /// The path of a file that is not done yet; it names the process that writes it.
    public static func temporary(of path: String) -> String {
        "\(path).tmp-\(getpid())-\(UInt32.random(in: .min ... .max))"
    }

    /// Removes what processes left that were killed while they wrote.
    ///
    /// To be called before this process writes there: a file with its own number is then of a process that had the number
    /// before. Files of other processes that live stay, whatever they are, and so does all that is not named as above.
    ///
    /// - Parameter isOurs: whether the name of the file that was being written is one that we write.
    /// - Returns: the names that were removed; none where there is no folder.
    public static func removeAbandoned(
        in folder: String, where isOurs: (Substring) -> Bool
    ) throws(LogFileError) -> [String] {
        guard let entries = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw LogFileError(
                path: folder, reason: "cannot be read (\(Errno(rawValue: errno))); check who may read there")
        }
        defer { closedir(entries) }
        var removed: [String] = []
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let match = name.wholeMatch(of: /(.+)\.tmp-([1-9][0-9]*)-[0-9]+/), isOurs(match.1),
                let writer = pid_t(match.2), writer == getpid() || (kill(writer, 0) != 0 && errno == ESRCH)
            else { continue }
            guard unlink("\(folder)/\(name)") == 0 || errno == ENOENT else {
                throw LogFileError(
                    path: "\(folder)/\(name)",
                    reason: "was left by a process that was killed, and cannot be removed (\(Errno(rawValue: errno)))")
            }
            removed.append(name)
        }
        return removed.sorted()
    }

    /// Puts a file that is on the disk already in the place of another.
    public static func replace(_ path: String, with newPath: String) throws(LogFileError) {
        guard rename(newPath, path) == 0 else {
            throw LogFileError(
                path: path, reason: "cannot be replaced (\(Errno(rawValue: errno))); it is as it was")
        }
        try syncFolder(of: path)
    }

    private static func syncFolder(of path: String) throws(LogFileError) {
        do { try Sync.folder(of: path) } catch {
            throw LogFileError(
                path: path, reason: "is written but may not outlast a power cut (\(error)); write it again")
        }
    }
}
