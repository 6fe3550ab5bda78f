/// What is done once, and tried again until it could be.
actor AlertStart {
    private var isDone = false

    func once(_ body: @Sendable () async throws -> Void) async throws {
        guard !isDone else { return }
        try await body()
        isDone = true
    }
}
