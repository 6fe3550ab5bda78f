public import Hummingbird
import NIOCore

/// What is known of one request besides the request: who asks, and the loop of their connection.
public struct ServerContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    let peer: SocketAddress?
    let loop: any EventLoop

    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        peer = source.channel.remoteAddress
        loop = source.channel.eventLoop
    }
}
