-- For wrk: a request again and again, and one line at the end.
function done(summary, latency, requests)
    io.write(string.format(
        "  %.0f a second; p50 %.2f ms, p99 %.2f ms; %d other answers, %d socket errors\n",
        summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000, latency:percentile(99) / 1000,
        summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
