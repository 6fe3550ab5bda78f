import Glibc
import SystemPackage

/// Makes folders whose names outlast a power cut: with the name of its folder, a file is lost however well it was synced.
public enum DurableFolder {
    /// Makes a folder, and those above it that are missing; each name is synced in the folder that holds it.
    ///
    /// - Parameter mode: permissions of new folders, less the process's umask; 0700 for secrets.
    public static func make(_ path: String, mode: UInt16 = 0o755) throws(LogFileError) {
        do { try make(FilePath(path), mode) } catch {
            throw LogFileError(path: path, reason: "cannot be made (\(error)); check the folder above it and the disk")
        }
    }

    /// Waits until the name of a file is on the disk, and so which file has it: whoever wrote it may have been killed before.
    public static func settle(nameOf path: String) throws(LogFileError) {
        do { try Sync.folder(of: path) } catch {
            throw LogFileError(path: path, reason: "its name cannot be written to the disk (\(error)); check the disk")
        }
    }

    private static func make(_ path: FilePath, _ mode: UInt16, isAboveThere: Bool = false) throws {
        let isNew = mkdir(path.string, mode_t(mode)) == 0
        let error = Errno(rawValue: errno)
        if isNew { return try Sync.folder(of: path.string) }
        switch error {
        case .fileExists:
            try check(path)
            // Made by one of our runs, perhaps, that was killed before it could sync the name. Where others made it, we
            // may not be allowed to.
            do { try Sync.folder(of: path.string) } catch Errno.permissionDenied {}
        // Once: where the folder above is there, and takes no names (/proc), it would be so for ever.
        case .noSuchFileOrDirectory where !isAboveThere:
            let above = path.removingLastComponent()
            guard !above.isEmpty, above != path else { throw error }
            try make(above, mode)
            try make(path, mode, isAboveThere: true)
        default: throw error
        }
    }

    /// What has the name already must be a folder, or lead to one.
    private static func check(_ path: FilePath) throws {
        var status = Glibc.stat()
        guard stat(path.string, &status) == 0 else { throw Errno(rawValue: errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw Errno.notDirectory }
    }
}
