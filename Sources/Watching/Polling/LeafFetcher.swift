import Foundation
import TransparencyLog

/// Reads registrations piece by piece, from a path or an http(s) URL of users.jsonl.
struct LeafFetcher: Sendable {
    let source: any LogSource
    /// Path or URL.
    let place: String
    let limits: WatchConfiguration.Limits

    /// What stands behind `position`; nil if the file is not the one that was read before.
    ///
    /// The last line that was read is fetched again: if it is another now, the file was changed.
    func next(after position: LogPosition) async throws(FetchError) -> ArraySlice<UInt8>? {
        let overlap = position.lastLeafLine.isEmpty ? [] : position.lastLeafLine + [0x0A]
        guard UInt64(overlap.count) <= position.leafOffset,
            let bytes = try await read(from: position.leafOffset - UInt64(overlap.count)), bytes.starts(with: overlap)
        else { return nil }
        return bytes.dropFirst(overlap.count)
    }

    /// One piece of the file; nil if the file ends before `offset`.
    func read(from offset: UInt64) async throws(FetchError) -> ArraySlice<UInt8>? {
        guard place.hasPrefix("http://") || place.hasPrefix("https://") else { return try readFile(from: offset) }
        let response = try await source.get(
            FetchRequest(
                url: place, from: offset, count: limits.leavesChunk, maximumBytes: limits.leavesBytes,
                timeoutSeconds: limits.timeout))
        switch response.status {
        case 206: return response.body[...]
        case 416: return nil
        case 200:
            // No Range here: the whole file came.
            return UInt64(response.body.count) >= offset ? response.body[Int(offset)...] : nil
        default: throw FetchError(.httpStatus, "users.jsonl: status \(response.status)")
        }
    }

    private func readFile(from offset: UInt64) throws(FetchError) -> ArraySlice<UInt8>? {
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: place))
            defer { try? file.close() }
            guard try file.seekToEnd() >= offset else { return nil }
            try file.seek(toOffset: offset)
            return ArraySlice(try file.read(upToCount: limits.leavesChunk) ?? Data())
        } catch {
            throw FetchError(.other, "\(place): cannot be read: \(error)")
        }
    }
}
