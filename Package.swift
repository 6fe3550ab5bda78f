// swift-tools-version: 6.1
import PackageDescription

/// One set of settings for every target of ours: the Swift 6 language mode comes from the tools version.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let coreMetrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let tracing: Target.Dependency = .product(name: "Tracing", package: "swift-distributed-tracing")
let inMemoryTracing: Target.Dependency = .product(name: "InMemoryTracing", package: "swift-distributed-tracing")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket: Target.Dependency = .product(name: "NIOWebSocket", package: "swift-nio")
let nioHTTPTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1: Target.Dependency = .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

let package = Package(
    name: "nexo-watch",
    platforms: [.macOS(.v15), .iOS(.v18)],
    products: [
        .library(name: "TransparencyLog", targets: ["TransparencyLog"]),
        .executable(name: "nexo-watch", targets: ["nexo-watch"]),
        .executable(name: "nexo-audit", targets: ["nexo-audit"]),
        .executable(name: "nexo-server", targets: ["nexo-server"]),
    ],
    // Exactly these: an update is a change of its own, that is read and tested.
    dependencies: [
        // Commands, help, completions, manual pages.
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        // SHA-256 where speed does not matter, and the oracle of our own.
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        // The API of spans; a no-op until a backend is bootstrapped.
        .package(url: "https://github.com/apple/swift-distributed-tracing", exact: "1.7.3"),
        // The APIs behind which our JSON log and our Prometheus text stand.
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        // HTTP: its types, the server's core, the relay's WebSocket and its handlers.
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        // Typed errno and file descriptors.
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        // SQLite: migrations, WAL, one writer and many readers.
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        // The HTTP server of all ports.
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        // watch.yaml, with the line of what is wrong.
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        // Services that start together and stop in order.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        // C: libraries of the system.
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CSpawn"),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),

        // C: our few hot loops.
        .target(name: "CLogHash"),
        .target(name: "CFastEd25519", dependencies: ["CSodium"]),

        // The rules.
        .target(
            name: "TransparencyLog", dependencies: ["CSodium", "CLogHash", "CFastEd25519", crypto],
            swiftSettings: settings),

        // Programs that ours start.
        .target(name: "Launching", dependencies: ["CSpawn"], swiftSettings: settings),

        // Files; metrics, logs and spans.
        .target(name: "LogFiles", dependencies: ["TransparencyLog", "Launching", system], swiftSettings: settings),
        .target(
            name: "Telemetry",
            dependencies: ["TransparencyLog", logging, coreMetrics, tracing, hummingbird, httpTypes],
            swiftSettings: settings),

        // HTTP connections, as every port of ours takes them in.
        .target(
            name: "Listening",
            dependencies: [
                logging, nioCore, nioHTTP1, nioHTTPTypes, nioHTTPTypesHTTP1, httpTypes,
                .product(name: "HummingbirdCore", package: "hummingbird"),
            ],
            swiftSettings: settings),

        // HTML and SVG of reports and of the status site.
        .target(name: "Pages", swiftSettings: settings),

        // What each program does.
        .target(
            name: "Auditing",
            dependencies: [
                "TransparencyLog", "LogFiles", "Pages", crypto, system, .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: settings),
        .target(
            name: "Watching",
            dependencies: [
                "TransparencyLog", "LogFiles", "Launching", "Listening", "Telemetry", "Pages", "CCurl", "CSpawn",
                crypto, logging, metrics, tracing, lifecycle, hummingbird, nioCore, nioHTTP1, httpTypes, system,
                .product(name: "GRDB", package: "GRDB.swift"), .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        .target(
            name: "Serving",
            dependencies: [
                "TransparencyLog", "LogFiles", "Listening", "Telemetry", "CCurl", logging, metrics, tracing, lifecycle,
                hummingbird, system, httpTypes, nioCore, nioHTTP1, nioWebSocket, nioHTTPTypes, nioHTTPTypesHTTP1,
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            // In the program itself: it is one file to install.
            resources: [.embedInCode("Web")],
            swiftSettings: settings),

        // Programs: arguments in, exit code out.
        .target(name: "ProgramSupport", dependencies: [argumentParser], swiftSettings: settings),
        .executableTarget(
            name: "nexo-watch",
            dependencies: [
                "Watching", "Telemetry", "ProgramSupport", "TransparencyLog", "LogFiles", "CMalloc", argumentParser,
                logging,
                lifecycle, signals,
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "nexo-audit",
            dependencies: ["Auditing", "LogFiles", "ProgramSupport", "TransparencyLog", argumentParser],
            swiftSettings: settings),
        .executableTarget(
            name: "nexo-server",
            dependencies: [
                "Serving", "LogFiles", "Telemetry", "ProgramSupport", "TransparencyLog", argumentParser, hummingbird,
                logging, nioCore, lifecycle, signals,
            ],
            swiftSettings: settings),

        // The client of docs/MOBILE.md; no product.
        .executableTarget(
            name: "nexo-client", dependencies: ["TransparencyLog"], path: "Examples/nexo-client",
            swiftSettings: settings),

        // A scriptable log to test against; no product contains it.
        .target(
            name: "HostileLog",
            dependencies: [
                "TransparencyLog", "Launching", "CFastEd25519", "CSodium", hummingbird, logging, lifecycle, httpTypes,
                nioCore, tracing, inMemoryTracing,
                .product(name: "Yams", package: "Yams"), .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Tests/HostileLog", swiftSettings: settings),

        // Loads for scripts/bench; no product.
        .executableTarget(
            name: "nexo-bench",
            dependencies: [
                "HostileLog", "TransparencyLog", "Auditing", "Watching", "CFastEd25519", "CLogHash", crypto,
                argumentParser,
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            path: "Benchmarks/nexo-bench", swiftSettings: settings),

        // What is fuzzed, and the programs that libFuzzer drives (scripts/fuzz); no products.
        .target(
            name: "FuzzRules", dependencies: ["TransparencyLog", "LogFiles", "CFastEd25519"], path: "Fuzzing/Rules",
            swiftSettings: settings),
        .target(
            name: "FuzzEdges",
            dependencies: [
                "FuzzRules", "TransparencyLog", "Auditing", "Watching", "Serving", nioCore, nioHTTP1, nioWebSocket,
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            path: "Fuzzing/Edges", swiftSettings: settings),
        .executableTarget(name: "fuzz-rules", dependencies: ["FuzzRules"], path: "Fuzzing/fuzz-rules"),
        .executableTarget(name: "fuzz-edges", dependencies: ["FuzzEdges"], path: "Fuzzing/fuzz-edges"),

        .testTarget(
            name: "TransparencyLogTests",
            dependencies: ["TransparencyLog", "HostileLog", "CFastEd25519", "CLogHash", crypto],
            swiftSettings: settings),
        .testTarget(name: "LaunchingTests", dependencies: ["Launching", "HostileLog"], swiftSettings: settings),
        .testTarget(name: "LogFilesTests", dependencies: ["LogFiles", "HostileLog"], swiftSettings: settings),
        .testTarget(
            name: "ListeningTests",
            dependencies: ["Listening", nioCore, nioHTTP1, .product(name: "NIOEmbedded", package: "swift-nio")],
            swiftSettings: settings),
        .testTarget(
            name: "TelemetryTests", dependencies: ["Telemetry", "TransparencyLog", logging, metrics],
            swiftSettings: settings
        ),
        .testTarget(name: "PagesTests", dependencies: ["Pages"], swiftSettings: settings),
        .testTarget(
            name: "AuditingTests", dependencies: ["Auditing", "HostileLog", "Launching"], swiftSettings: settings),
        .testTarget(
            name: "WatchingTests",
            dependencies: [
                "Watching", "Auditing", "HostileLog", "Listening", "Telemetry", "TransparencyLog", logging, metrics,
                hummingbird, httpTypes, nioCore, lifecycle, tracing, inMemoryTracing,
                .product(name: "GRDB", package: "GRDB.swift"), .product(name: "Yams", package: "Yams"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ServingTests",
            dependencies: [
                "Serving", "HostileLog", "Auditing", "LogFiles", "TransparencyLog", "Telemetry", hummingbird, httpTypes,
                nioCore, lifecycle, logging, tracing, inMemoryTracing,
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "FuzzTests", dependencies: ["FuzzRules", "FuzzEdges", "HostileLog"], swiftSettings: settings),
        .testTarget(
            name: "ProgramTests",
            dependencies: [
                "HostileLog", "TransparencyLog", "nexo-watch", "nexo-audit", "nexo-server", "nexo-client",
            ],
            swiftSettings: settings),
    ]
)
