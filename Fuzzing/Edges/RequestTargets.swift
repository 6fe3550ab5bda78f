import FuzzRules
import Serving
import TransparencyLog
import Watching

extension FuzzTarget {
    /// Paths of tiles: one spelling a tile, which is the one that the watcher asks for.
    static let tiles = FuzzTarget("tiles") { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        guard let tile = TilePath(text) else { return }
        let partial = tile.count < 256 ? ".p/\(tile.count)" : ""
        try promise("\(tile.level)/\(LeafTiles.path(tile.index))\(partial)" == text, "a second spelling")
        try promise((1...256).contains(tile.count) && tile.index < 1 << 45, "a tile that no tree has")
    }

    /// Headers of answers to us, and of requests for ranges. The first byte chooses the size of the file.
    static let headers = FuzzTarget("headers") { bytes in
        var feed = Feed(bytes)
        let total = feed.word() >> UInt64(feed.below(64))
        let rest = feed.remainder()
        var headers = ResponseHeaders()
        for line in rest.split(separator: 0x0A) {
            headers.take(line)
            let text = String(decoding: line, as: UTF8.self)
            guard case .range(let range)? = ByteRange(text, total: total) else { continue }
            try promise(!range.isEmpty && range.upperBound <= total, "bytes beyond the file")
        }
        for name in ["etag", "last-modified", "content-range", "date", "retry-after"] {
            try promise(headers[name]?.contains("\n") != true, "a value of two lines")
        }
        _ = headers.totalBytes
        _ = headers.partStart
        _ = headers.encoding
    }
}
