import Pages
import TransparencyLog

/// Text of a log between quotation marks, whole and safe to show: a claim must not hide a part of what it claims.
enum Quoted {
    static func text(_ text: JSONText) -> String {
        Printable.text(JSONValue.string(text).serialized(), limit: .max)
    }
}
