import Glibc
import SystemPackage

/// Appends lines to a JSONL file so that each is on the disk before the call returns.
///
/// An unterminated tail, left by a crash in mid-write, is saved aside and trimmed when the file is opened: the next line
/// must never fuse with it. The file is locked (`flock`), so that two servers cannot share a data folder. What it holds
/// already is on the disk too once it is open.
public struct DurableAppender: ~Copyable, Sendable {
    /// A tail that was found torn.
    public struct TornTail: Hashable, Sendable {
        /// Where the tail began, and where the file ends now.
        public let byteOffset: UInt64
        /// The file that holds the tail: `<name>.torn-<offset>`, with a count behind it if that name was taken.
        public let savedAs: String
    }

    private let path: String
    private let file: FileDescriptor
    private var length: Int64
    /// Set when a failed append could not be taken back: what is behind `length` is then unknown.
    private var isBroken = false
    public let tornTail: TornTail?

    /// Opens the file, or makes it; nobody else can append to it until this value is gone.
    public init(path: String) throws(LogFileError) {
        let opened = try Self.open(path)
        self.path = path
        file = opened.file
        length = opened.length
        tornTail = opened.tornTail
    }

    private static func open(
        _ path: String
    ) throws(LogFileError) -> (file: FileDescriptor, length: Int64, tornTail: TornTail?) {
        var patience = 20
        while true {
            let file: FileDescriptor
            do {
                // Closed on exec: a child process that inherits the descriptor would keep the lock.
                file = try FileDescriptor.open(
                    FilePath(path), .readWrite, options: [.create, .closeOnExec],
                    permissions: [.ownerReadWrite, .groupRead])
            } catch {
                throw LogFileError(path: path, reason: "cannot be opened for writing (\(error)); check the folder")
            }
            do {
                if try lock(file, path, &patience) {
                    let tornTail = try TailRepair.run(file, path: path)
                    let length = try file.seek(offset: 0, from: .end)
                    // A process that was killed between a write and its sync left lines that are read, signed and shown
                    // from here on, and that a power cut could still take.
                    if length > 0 { try Sync.file(file) }
                    try Sync.folder(of: path)
                    return (file, length, tornTail)
                }
            } catch {
                try? file.close()
                throw error as? LogFileError
                    ?? LogFileError(path: path, reason: "cannot be prepared (\(error)); check the disk and start again")
            }
            try? file.close()
        }
    }

    /// Takes the lock, or says that another has it.
    ///
    /// It is asked for a second long: a server that is just stopping, or a child process between fork and exec, holds it
    /// for a moment more.
    ///
    /// - Parameter patience: how often it may still be asked again.
    /// - Returns: false if the file has lost its name to another, as by `nexo-server compact`: what is appended to it would
    ///   be lost with it, so the one that has the name must be opened.
    private static func lock(_ file: FileDescriptor, _ path: String, _ patience: inout Int) throws -> Bool {
        while true {
            let isLocked = flock(file.rawValue, LOCK_EX | LOCK_NB) == 0
            let error = Errno(rawValue: errno)
            guard isLocked || error == .wouldBlock else { throw error }
            if isLocked, try isNamed(file, path) { return true }
            guard patience > 0 else {
                throw LogFileError(path: path, reason: "is in use by another server; stop that one first")
            }
            patience -= 1
            if isLocked { return false }
            usleep(50_000)
        }
    }

    /// Whether this is the file that the path leads to.
    private static func isNamed(_ file: FileDescriptor, _ path: String) throws -> Bool {
        var opened = Glibc.stat()
        var named = Glibc.stat()
        guard fstat(file.rawValue, &opened) == 0 else { throw Errno(rawValue: errno) }
        guard stat(path, &named) == 0 else {
            let error = Errno(rawValue: errno)
            guard error == .noSuchFileOrDirectory else { throw error }
            return false
        }
        return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino
    }

    deinit { try? file.close() }

    /// Appends one line, given without its newline. If the disk refuses, the file is as it was.
    ///
    /// - Precondition: the line holds no newline; it would be two lines.
    public mutating func append(_ line: [UInt8]) throws(LogFileError) { try append(contentsOf: [line]) }

    /// Appends lines with one write and one sync: many at once cost the disk no more than one.
    ///
    /// If the disk refuses, none of them is in the file.
    public mutating func append(contentsOf lines: [[UInt8]]) throws(LogFileError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(lines.reduce(0) { $0 + $1.count + 1 })
        for line in lines {
            precondition(!line.contains(0x0A), "a line of a JSONL file holds no newline")
            bytes.append(contentsOf: line)
            bytes.append(0x0A)
        }
        guard !isBroken else {
            throw LogFileError(
                path: path, reason: "was left unfinished by a failed write; check the disk and start again")
        }
        do {
            try file.writeAll(toAbsoluteOffset: length, bytes)
            try Sync.file(file)
            length += Int64(bytes.count)
        } catch {
            try takeBack(error)
        }
    }

    /// Removes what was never acknowledged. Where even that fails, a later and shorter line would leave the end of this
    /// one behind it as a line of its own, so no more is written.
    private mutating func takeBack(_ cause: any Error) throws(LogFileError) -> Never {
        do { try Sync.truncate(file, to: length) } catch {
            isBroken = true
            throw LogFileError(
                path: path,
                reason: "cannot be written (\(cause)), nor cut back to byte \(length) (\(error)); "
                    + "check the disk, see that the file ends there, and start again")
        }
        throw LogFileError(path: path, reason: "cannot be written (\(cause)); nothing was added, check the disk")
    }
}
