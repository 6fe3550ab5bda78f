/// Waits for a condition, and leaves the threads to others meanwhile.
///
/// - Returns: whether it came true in the time; the bound only ends a test that would fail anyway.
public func eventually(
    within limit: Duration = .seconds(180), _ condition: @Sendable () async throws -> Bool
) async rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return false
}
