import NIOCore
import Synchronization
import Testing

@testable import Serving

struct RateLimiterTests {
    final class Time: Sendable {
        let now = Mutex(0.0)
    }

    func limiter(_ time: Time, clients: Int = 1_000) -> RateLimiter {
        RateLimiter(rate: 2, burst: 3, maximumClients: clients) { time.now.withLock { $0 } }
    }

    @Test func aBurstAndThenTheRate() {
        let time = Time()
        let limiter = limiter(time)
        #expect((0..<3).allSatisfy { _ in limiter.take([1]) == nil })
        #expect(limiter.take([1]) == 0.5)
        #expect(limiter.take([2]) == nil)
        time.now.withLock { $0 = 0.5 }
        #expect(limiter.take([1]) == nil)
        #expect(limiter.take([1]) == 0.5)
        time.now.withLock { $0 = 1_000 }
        #expect((0..<3).allSatisfy { _ in limiter.take([1]) == nil })
        #expect(limiter.take([1]) != nil)
    }

    /// A million addresses cannot fill the memory, and do not free one that is over its rate.
    @Test func manyClientsAreForgotten() {
        let time = Time()
        let limiter = limiter(time, clients: 100)
        for client in 0..<10_000 {
            time.now.withLock { $0 += 0.001 }
            _ = limiter.take([UInt8(client & 0xFF), UInt8(client >> 8)])
            #expect(limiter.count <= 101)
        }
    }

    @Test func noRateIsNoLimit() {
        let limiter = RateLimiter(rate: 0, burst: 0, maximumClients: 1)
        #expect((0..<1_000).allSatisfy { _ in limiter.take([]) == nil })
    }

    @Test(arguments: [
        ("10.0.0.1", ["1.1.1.1"], "1.1.1.1"), ("10.0.0.1", ["6.6.6.6, 1.1.1.1"], "1.1.1.1"),
        ("10.0.0.1", ["6.6.6.6", "1.1.1.1 , 10.0.0.2"], "1.1.1.1"), ("2.2.2.2", ["1.1.1.1"], "2.2.2.2"),
        ("10.0.0.1", [], "10.0.0.1"), ("10.0.0.1", ["1.1.1.1, junk"], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
    ])
    func onlyTrustedProxiesAreBelieved(peer: String, forwarded: [String], client: String) throws {
        let trusted = [try #require(IPNetwork("10.0.0.0/8"))]
        let address = ClientAddress.of(
            peer: try SocketAddress(ipAddress: peer, port: 1), forwarded: forwarded, trusted: trusted)
        #expect(address == IPAddress(client))
    }

    @Test func oneHostsIPv6IsOneClient() throws {
        let one = try #require(IPAddress("2001:db8:1:2::1"))
        #expect(one.limited == IPAddress("2001:db8:1:2:ffff::9")?.limited)
        #expect(one.limited != IPAddress("2001:db8:1:3::1")?.limited)
        for text in ["10.0.0.0/33", "10.0.0", "x", "::1/129", "10.0.0.0/", "10.0.0.0/-1"] {
            #expect(IPNetwork(text) == nil)
        }
    }
}
