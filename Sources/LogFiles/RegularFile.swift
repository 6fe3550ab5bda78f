import Glibc

/// What can be read again from its beginning.
public enum RegularFile {
    /// Whether a path leads to a file, and not to a pipe, a folder or nothing.
    public static func isThere(_ path: String) -> Bool {
        var info = stat()
        return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFREG
    }
}
