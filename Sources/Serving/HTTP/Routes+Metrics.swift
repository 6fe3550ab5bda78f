extension Routes {
    /// The page for Prometheus, in its text format.
    func metricsPage() async -> String {
        let counts = relay.counts
        return """
            # HELP process_up Whether the process is running.
            # TYPE process_up gauge
            process_up 1
            # HELP users_count Registrations in the log.
            # TYPE users_count gauge
            users_count \(await log.usersCount)
            # HELP sth_count Signed tree heads in the chain.
            # TYPE sth_count gauge
            sth_count \(await log.headsCount)
            # HELP ws_sessions Open relay sessions.
            # TYPE ws_sessions gauge
            ws_sessions \(counts.sessions)
            # HELP ws_messages_total Messages that were handed to a session.
            # TYPE ws_messages_total counter
            ws_messages_total \(counts.delivered)
            # HELP ws_undeliverable_total Messages to a session that is not there, or reads too slowly.
            # TYPE ws_undeliverable_total counter
            ws_undeliverable_total \(counts.undeliverable)
            # HELP ws_slow_readers_total Sessions that were closed, since they read too slowly.
            # TYPE ws_slow_readers_total counter
            ws_slow_readers_total \(counts.slowReaders)
            # HELP last_sth_timestamp Seconds since 1970 of the newest head.
            # TYPE last_sth_timestamp gauge
            last_sth_timestamp \(await log.lastHeadTimestamp)

            """ + metrics.render(waiting: await log.waiting.count)
    }
}
