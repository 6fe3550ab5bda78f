public import Hummingbird

/// Knows who asks, for the bounds on what one address may submit.
public struct StatusContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    /// The address of the connection.
    let address: String

    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        address = source.channel.remoteAddress?.ipAddress ?? ""
    }
}
