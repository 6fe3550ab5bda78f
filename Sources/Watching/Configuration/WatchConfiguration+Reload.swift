extension WatchConfiguration {
    /// Takes over what cannot change while the program runs.
    ///
    /// - Returns: the keys that had another value here.
    mutating func keepFixed(_ running: WatchConfiguration) -> [String] {
        var changed: [String] = []
        func keep<Value: Equatable>(_ name: String, _ key: WritableKeyPath<WatchConfiguration, Value>) {
            guard self[keyPath: key] != running[keyPath: key] else { return }
            changed.append(name)
            self[keyPath: key] = running[keyPath: key]
        }
        keep("listen", \.listen)
        keep("store", \.store)
        keep("evidence", \.evidence)
        keep("status.connections", \.status.connections)
        keep("status.request_timeout", \.status.requestTimeout)
        return changed
    }
}
