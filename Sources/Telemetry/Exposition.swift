/// How a page of metrics is written.
public enum Exposition: Sendable, CaseIterable {
    /// The Prometheus text format, version 0.0.4.
    case text
    /// OpenMetrics 1.0: counters are named without `_total` in their comments, and the page says where it ends.
    case openMetrics

    /// What the page is served as.
    public var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// What a scraper gets that sends this Accept header (RFC 9110, section 12.5.1); the old format where it says nothing.
    public static func negotiated(_ accept: String?) -> Exposition {
        var best = (exposition: text, quality: 0.0)
        for range in (accept ?? "").lowercased().split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
            let parameters = parts.dropFirst()
            let version = parameters.first { $0.hasPrefix("version=") }?.dropFirst(8)
            let quality = parameters.first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            let exposition: Exposition
            switch parts.first {
            case "application/openmetrics-text" where version == nil || version == "1.0.0": exposition = openMetrics
            case "text/plain" where version == nil || version == "0.0.4": exposition = text
            case "text/*", "*/*": exposition = text
            default: continue
            }
            if quality > best.quality { best = (exposition, quality) }
        }
        return best.exposition
    }
}
