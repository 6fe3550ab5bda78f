import Glibc
import SystemPackage

/// What makes a change outlive a power cut.
enum Sync {
    /// Waits until the file's bytes are on the disk.
    static func file(_ file: FileDescriptor) throws {
        guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
    }

    /// Waits until the folder's names are on the disk: a new file whose name is not there is lost, whatever its bytes.
    static func folder(of path: String) throws {
        let parent = FilePath(path).removingLastComponent()
        let folder = try FileDescriptor.open(parent.isEmpty ? "." : parent, .readOnly, options: [.closeOnExec])
        try folder.closeAfter { try file(folder) }
    }

    /// Sets the file's length and waits until that is on the disk.
    static func truncate(_ file: FileDescriptor, to length: Int64) throws {
        guard ftruncate(file.rawValue, off_t(length)) == 0 else { throw Errno(rawValue: errno) }
        try self.file(file)
    }
}
