package import HTTPTypes

extension HTTPFields {
    /// Whether Content-Length says that a body is larger than may be, or says nothing that is a number: such a body need not be
    /// read first.
    package func announcesMore(than limit: Int) -> Bool {
        guard let length = self[.contentLength] else { return false }
        return UInt64(length).map { $0 > UInt64(limit) } ?? true
    }
}
