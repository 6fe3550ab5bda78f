/// Does work that a cancellation does not end at once, so that what is nearly done need not be done twice.
///
/// - Parameter time: what the work still has from the moment of a cancellation; it is cancelled then.
func withGrace<Success: Sendable, Failure: Error>(
    of time: Duration, _ work: @escaping @Sendable () async throws(Failure) -> Success
) async throws(Failure) -> Success {
    let task = Task { () async -> Result<Success, Failure> in
        do throws(Failure) { return .success(try await work()) } catch { return .failure(error) }
    }
    return try await withTaskCancellationHandler {
        await task.value
    } onCancel: {
        Task {
            try? await Task.sleep(for: time)
            task.cancel()
        }
    }.get()
}
