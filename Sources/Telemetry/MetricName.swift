/// Names as Prometheus's data model allows them; libraries on swift-metrics use dots and dashes, which it does not.
enum MetricName {
    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
    static func metric(_ name: String) -> String { clean(name, colon: true) }

    /// `[a-zA-Z_][a-zA-Z0-9_]*`
    static func label(_ name: String) -> String { clean(name, colon: false) }

    private static func clean(_ name: String, colon: Bool) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "_": result.unicodeScalars.append(scalar)
            case "0"..."9":
                if result.isEmpty { result = "_" }
                result.unicodeScalars.append(scalar)
            case ":" where colon: result.unicodeScalars.append(scalar)
            default: result.append("_")
            }
        }
        return result.isEmpty ? "_" : result
    }
}
