import TransparencyLog

/// Reads leaf hashes from a log's tiles of level 0 (C2SP tlog-tiles: 256 hashes a tile, full tiles never change).
///
/// To its reader the tiles are one file of 32 bytes a leaf. They carry hashes alone: the roots can be recomputed, and
/// nothing is known of names.
package struct LeafTiles: LeafSupply {
    private static let leavesPerTile: UInt64 = 256
    /// Full tiles that are asked for at once.
    private static let batch: UInt64 = 8

    let source: any LogSource
    /// The log's base URL, without a slash at its end.
    let url: String
    let limits: WatchConfiguration.Limits
    /// The largest size that is wanted.
    let wanted: UInt64
    let spend: @Sendable (Int) async throws -> Void

    let format = LeafReader.Format.hashes

    func read(from offset: UInt64, size: UInt64) async throws(FetchError) -> ArraySlice<UInt8>? {
        let hashBytes = UInt64(Digest.byteCount)
        guard offset % hashBytes == 0 else { return nil }
        let leaf = offset / hashBytes
        let (tile, skipped) = (leaf / Self.leavesPerTile, leaf % Self.leavesPerTile)
        let wanted = max(wanted, size)
        var bytes: [UInt8]?
        if wanted / Self.leavesPerTile > tile {
            bytes = try await full(tile..<min(wanted / Self.leavesPerTile, tile + Self.batch))
        }
        if bytes == nil { bytes = try await partial(tile, behind: skipped, sizes: [wanted, size]) }
        return bytes?.dropFirst(Int(skipped * hashBytes))
    }

    /// Full tiles side by side, as far as they are there; nil if the first is not.
    private func full(_ tiles: Range<UInt64>) async throws(FetchError) -> [UInt8]? {
        let results = await withTaskGroup(of: (UInt64, Result<[UInt8]?, FetchError>).self) { group in
            for tile in tiles {
                group.addTask {
                    do throws(FetchError) {
                        return (tile, .success(try await fetch(tile, width: Self.leavesPerTile)))
                    } catch { return (tile, .failure(error)) }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        var all: [UInt8] = []
        for tile in tiles {
            guard let bytes = try results[tile]?.get() else { break }
            all += bytes
        }
        if tiles.count == Self.batch {
            do { try await spend(all.count) } catch { throw FetchError(.other, "the fetch was stopped") }
        }
        return all.isEmpty ? nil : all
    }

    /// The last tile, as wide as the sizes ask for; a log that has grown may have the full one alone.
    private func partial(
        _ tile: UInt64, behind skipped: UInt64, sizes: [UInt64]
    ) async throws(FetchError) -> [UInt8]? {
        var tried: Set<UInt64> = []
        let widths = sizes.map { size in
            size / Self.leavesPerTile > tile ? Self.leavesPerTile : size % Self.leavesPerTile
        }
        for width in widths + [Self.leavesPerTile] where width > skipped && tried.insert(width).inserted {
            if let bytes = try await fetch(tile, width: width) { return bytes }
        }
        return nil
    }

    /// - Returns: nil if the log has no such tile.
    private func fetch(_ tile: UInt64, width: UInt64) async throws(FetchError) -> [UInt8]? {
        let bytes = Int(width) * Digest.byteCount
        let path = Self.path(tile) + (width < Self.leavesPerTile ? ".p/\(width)" : "")
        let response: FetchResponse
        do {
            response = try await source.get(
                FetchRequest(
                    url: "\(url)/tile/0/\(path)", maximumBytes: bytes, timeoutSeconds: limits.timeout))
        } catch { throw error.at("tile \(path)") }
        if response.status == 404 { return nil }
        guard response.status == 200 else { throw FetchError(response, at: "tile \(path)") }
        guard response.body.count == bytes else {
            throw FetchError(.malformed, "tile \(path): has \(response.body.count) bytes, and \(bytes) were asked for")
        }
        return response.body
    }

    /// Groups of three digits, an `x` before each but the last: 1234067 is `x001/x234/067`.
    package static func path(_ tile: UInt64) -> String {
        func group(_ value: UInt64) -> String {
            let digits = String(value)
            return String(repeating: "0", count: 3 - digits.count) + digits
        }
        var path = group(tile % 1_000)
        var rest = tile / 1_000
        while rest > 0 {
            path = "x\(group(rest % 1_000))/\(path)"
            rest /= 1_000
        }
        return path
    }
}
