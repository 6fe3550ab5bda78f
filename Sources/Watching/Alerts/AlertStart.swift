/// What is done once, and tried again until it could be.
actor AlertStart {
    private var isDone = false

    /// - Parameter body: says whether it could be done.
    func once(_ body: @Sendable () async throws -> Bool) async throws {
        if !isDone { try await anew(body) }
    }

    /// Does it whatever was done before.
    func anew(_ body: @Sendable () async throws -> Bool) async throws {
        isDone = false
        isDone = try await body()
    }
}
