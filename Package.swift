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
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
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

        // Files, metrics and logs.
        .target(name: "LogFiles", dependencies: ["TransparencyLog", system], swiftSettings: settings),
        .target(name: "Telemetry", dependencies: ["TransparencyLog", logging, coreMetrics], swiftSettings: settings),

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
                "TransparencyLog", "LogFiles", "Telemetry", "Pages", "CCurl", "CSpawn", crypto, logging, metrics,
                lifecycle, hummingbird, nioCore, httpTypes,
                .product(name: "GRDB", package: "GRDB.swift"), .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        .target(
            name: "Serving",
            dependencies: [
                "TransparencyLog", "LogFiles", "Telemetry", logging, metrics, lifecycle, hummingbird, system, httpTypes,
                nioCore, nioHTTP1, nioWebSocket, nioHTTPTypes, nioHTTPTypesHTTP1,
                .product(name: "HummingbirdCore", package: "hummingbird"),
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
                "TransparencyLog", "CFastEd25519", "CSodium", hummingbird, logging, lifecycle, httpTypes, nioCore,
                .product(name: "Yams", package: "Yams"),
            ],
            path: "Tests/HostileLog", swiftSettings: settings),

        // Loads for scripts/bench; no product.
        .executableTarget(
            name: "nexo-bench",
            dependencies: [
                "HostileLog", "TransparencyLog", "Watching", "CFastEd25519", "CLogHash", crypto, argumentParser,
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            path: "Benchmarks/nexo-bench", swiftSettings: settings),

        .testTarget(
            name: "TransparencyLogTests",
            dependencies: ["TransparencyLog", "HostileLog", "CFastEd25519", "CLogHash", crypto],
            swiftSettings: settings),
        .testTarget(name: "LogFilesTests", dependencies: ["LogFiles", "HostileLog"], swiftSettings: settings),
        .testTarget(
            name: "TelemetryTests", dependencies: ["Telemetry", "TransparencyLog", logging, metrics],
            swiftSettings: settings
        ),
        .testTarget(name: "PagesTests", dependencies: ["Pages"], swiftSettings: settings),
        .testTarget(name: "AuditingTests", dependencies: ["Auditing", "HostileLog"], swiftSettings: settings),
        .testTarget(
            name: "WatchingTests",
            dependencies: [
                "Watching", "Auditing", "HostileLog", "Telemetry", "TransparencyLog", logging, metrics, hummingbird,
                httpTypes, nioCore, lifecycle,
                .product(name: "GRDB", package: "GRDB.swift"), .product(name: "Yams", package: "Yams"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ServingTests",
            dependencies: [
                "Serving", "HostileLog", "Auditing", "LogFiles", "TransparencyLog", "Telemetry", hummingbird, httpTypes,
                nioCore, lifecycle, logging, .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ProgramTests",
            dependencies: [
                "CSpawn", "HostileLog", "TransparencyLog", "nexo-watch", "nexo-audit", "nexo-server", "nexo-client",
            ],
            swiftSettings: settings),
    ]
)
