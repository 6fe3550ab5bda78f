import Glibc
import SystemPackage

/// Replaces whole files: a reader, and a power cut, find the old bytes or the new, never a mixture.
public enum AtomicFile {
    /// Writes a temporary file beside `path`, syncs it, renames it over `path`, and syncs the folder.
    ///
    /// - Parameter mode: permissions of the new file, less the process's umask; 0600 for secrets.
    public static func write(_ bytes: [UInt8], to path: String, mode: UInt16 = 0o640) throws(LogFileError) {
        let temporary = "\(path).tmp-\(getpid())-\(UInt32.random(in: .min ... .max))"
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
