import Foundation
import TransparencyLog

/// Reads registrations piece by piece, from a path or an http(s) URL of users.jsonl.
struct RegistrationFile: LeafSupply {
    let source: any LogSource
    /// Path or URL.
    let place: String
    let limits: WatchConfiguration.Limits
    let memory: LeafMemory
    /// Called with the bytes of each answer that another one follows.
    let spend: @Sendable (Int) async throws -> Void

    let format = LeafReader.Format.registrations
    private static let name = "users.jsonl"

    private var isURL: Bool { place.hasPrefix("http://") || place.hasPrefix("https://") }

    func next(after position: LogPosition, size: UInt64) async throws(FetchError) -> ArraySlice<UInt8>? {
        let overlap = format.record(position.lastLeafLine)
        guard UInt64(overlap.count) <= position.leafOffset else { return nil }
        let offset = position.leafOffset - UInt64(overlap.count)
        let bytes: ArraySlice<UInt8>?
        // Only where nothing stood behind what was taken in: what did would be lost with an answer that brings nothing.
        if isURL, let end = memory.end, end.offset == position.leafOffset {
            let response = try await request(offset, end.validators)
            if response.status == 304 { return [] }
            bytes = try await content(response, offset)
        } else {
            bytes = try await read(from: offset, size: size)
        }
        guard let bytes, bytes.starts(with: overlap) else { return nil }
        return bytes.dropFirst(overlap.count)
    }

    /// One piece of the file; nil if the file ends before `offset`.
    func read(from offset: UInt64, size: UInt64) async throws(FetchError) -> ArraySlice<UInt8>? {
        guard isURL else { return try readFile(from: offset) }
        // This poll has seen the file's end, or was told that it is where it was.
        if memory.end?.offset == offset { return nil }
        return try await content(try await request(offset, nil), offset)
    }

    private func request(_ offset: UInt64, _ validators: Validators?) async throws(FetchError) -> FetchResponse {
        do throws(FetchError) {
            return try await source.get(
                FetchRequest(
                    url: place, from: offset, count: limits.leavesChunk, maximumBytes: limits.leavesBytes,
                    timeoutSeconds: limits.timeout, validators: validators))
        } catch { throw error.at(Self.name) }
    }

    private func content(
        _ response: FetchResponse, _ offset: UInt64
    ) async throws(FetchError) -> ArraySlice<UInt8>? {
        let count = UInt64(response.body.count)
        switch response.status {
        case 206:
            // Other bytes than those would be taken for a change of the log.
            guard response.partStart == offset else {
                let part = response.partStart.map { "others, from byte \($0) on" } ?? "no Content-Range"
                throw FetchError(
                    .malformed, "\(Self.name): bytes from \(offset) on were asked for, and the answer has \(part)")
            }
            note(response, end: offset + count, isWhole: response.totalBytes == offset + count)
            if response.body.count >= limits.leavesChunk { try await pay(response.body.count) }
            return response.body[...]
        case 416: return nil
        case 200:
            // No Range here: the whole file came.
            note(response, end: count, isWhole: true)
            if response.body.count >= limits.leavesChunk { try await pay(response.body.count) }
            return count >= offset ? response.body[Int(offset)...] : nil
        default:
            throw FetchError(response, at: Self.name)
        }
    }

    private func note(_ response: FetchResponse, end: UInt64, isWhole: Bool) {
        memory.end = isWhole ? response.validators.map { .init(validators: $0, offset: end) } : nil
    }

    private func pay(_ bytes: Int) async throws(FetchError) {
        do { try await spend(bytes) } catch { throw FetchError(.other, "the fetch was stopped") }
    }

    private func readFile(from offset: UInt64) throws(FetchError) -> ArraySlice<UInt8>? {
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: place))
            defer { try? file.close() }
            guard try file.seekToEnd() >= offset else { return nil }
            try file.seek(toOffset: offset)
            return ArraySlice(try file.read(upToCount: limits.leavesChunk) ?? Data())
        } catch {
            throw FetchError(
                .other, "\(place): cannot be read (\(Self.reason(error))); check leaves: and who may read the file")
        }
    }

    /// What the system says, without what Foundation wraps around it.
    private static func reason(_ error: any Error) -> String {
        let below = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        guard let below, below.domain == NSPOSIXErrorDomain else { return "\(error)" }
        return String(cString: strerror(Int32(below.code)))
    }
}
