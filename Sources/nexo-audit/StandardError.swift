import Foundation

enum StandardError {
    static func write(_ message: String) { FileHandle.standardError.write(Data((message + "\n").utf8)) }
}
