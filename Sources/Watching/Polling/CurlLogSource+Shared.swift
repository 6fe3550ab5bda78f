extension CurlLogSource {
    /// A source for each transport: vantages that are alike share connections; others share nothing, not even resolved
    /// addresses.
    ///
    /// - Throws: where one cannot be made; none has a thread then.
    static func shared(
        among vantages: [WatchConfiguration.Vantage], limits: WatchConfiguration.Limits
    ) throws -> [WatchConfiguration.Vantage: CurlLogSource] {
        var sources: [WatchConfiguration.Vantage: CurlLogSource] = [:]
        do {
            for vantage in vantages where sources[vantage.transport] == nil {
                sources[vantage.transport] = try CurlLogSource(vantage: vantage, limits: limits)
            }
        } catch {
            for source in sources.values { source.stop() }
            throw error
        }
        return sources
    }
}
