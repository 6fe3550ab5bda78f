import Hummingbird
import Listening
import NIOCore

/// Takes in the body of a request, within a size and a time: a client that sends a byte now and then could otherwise hold
/// its connection for days.
enum RequestBody {
    enum Refusal: Error, Hashable {
        case tooLarge, tooSlow
    }

    static func collect(
        _ request: Request, maximumBytes: Int, within limit: Duration
    ) async throws -> ByteBuffer {
        if request.headers.announcesMore(than: maximumBytes) { throw Refusal.tooLarge }
        return try await withThrowingTaskGroup(of: ByteBuffer?.self) { group in
            group.addTask {
                do { return try await request.body.collect(upTo: maximumBytes) } catch is NIOTooManyBytesError {
                    throw Refusal.tooLarge
                }
            }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let body = try await group.next() ?? nil else { throw Refusal.tooSlow }
            return body
        }
    }
}
