import Foundation
import TransparencyLog

/// Reads registrations that were not read yet, from a path or an http(s) URL of users.jsonl.
struct LeafFetcher: Sendable {
    let source: any LogSource
    /// Path or URL.
    let place: String
    let limits: WatchConfiguration.Limits

    /// The bytes from where reading goes on, or word that the file is not the one that was read before.
    enum Answer: Sendable {
        case next(ArraySlice<UInt8>)
        case changed
    }

    /// Fetches what lies behind `position`. The last line that was read is fetched again: if it is another now, the
    /// file was changed.
    func fetch(after position: LogPosition) async throws(FetchError) -> Answer {
        let overlap = position.lastLeafLine.isEmpty ? [] : position.lastLeafLine + [0x0A]
        guard UInt64(overlap.count) <= position.leafOffset else { return .changed }
        guard let bytes = try await read(from: position.leafOffset - UInt64(overlap.count)),
            bytes.starts(with: overlap)
        else { return .changed }
        return .next(bytes.dropFirst(overlap.count))
    }

    /// The whole file.
    func fetchAll() async throws(FetchError) -> ArraySlice<UInt8> { try await read(from: 0) ?? [] }

    /// - Returns: nil if the file ends before `offset`.
    private func read(from offset: UInt64) async throws(FetchError) -> ArraySlice<UInt8>? {
        guard place.hasPrefix("http://") || place.hasPrefix("https://") else { return try readFile(from: offset) }
        let response = try await source.get(
            FetchRequest(
                url: place, from: offset == 0 ? nil : offset, maximumBytes: limits.leavesBytes,
                timeoutSeconds: limits.timeout))
        switch response.status {
        case 206: return response.body[...]
        case 416: return nil
        case 200:
            // No Range here: the whole file came.
            guard UInt64(response.body.count) >= offset else { return nil }
            return response.body[Int(offset)...]
        default: throw FetchError(.httpStatus, "users.jsonl: status \(response.status)")
        }
    }

    private func readFile(from offset: UInt64) throws(FetchError) -> ArraySlice<UInt8>? {
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: place))
            defer { try? file.close() }
            guard try file.seekToEnd() >= offset else { return nil }
            try file.seek(toOffset: offset)
            // What is beyond the limit is read at the next poll.
            return ArraySlice(try file.read(upToCount: limits.leavesBytes) ?? Data())
        } catch {
            throw FetchError(.other, "\(place): cannot be read: \(error)")
        }
    }
}
