import ArgumentParser

/// Measures, and serves what is measured against. It is no product: nobody installs it.
@main
struct NexoBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nexo-bench", abstract: "Loads for the benchmarks.",
        subcommands: [
            Serve.self, Soak.self, Store.self, Files.self, Sodium.self, Kernels.self, Differential.self,
            Gossip.self, Corpus.self,
        ])
}
