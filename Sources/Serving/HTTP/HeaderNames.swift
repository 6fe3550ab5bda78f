import HTTPTypes

extension HTTPField.Name {
    // Each is a token by RFC 9110, so that none of these can fail.
    static let requestID = Self("X-Request-Id")!
    static let forwardedFor = Self("X-Forwarded-For")!
    static let referrerPolicy = Self("Referrer-Policy")!
    static let frameOptions = Self("X-Frame-Options")!
    static let resourcePolicy = Self("Cross-Origin-Resource-Policy")!
}
