import Foundation

/// Whether tests run under a sanitizer (`scripts/sanitize`). It takes memory and time of its own, so that what measures
/// these shows nothing there.
public enum Sanitizer {
    public static let isOn = ProcessInfo.processInfo.environment["NEXO_SANITIZER"] != nil
}
