// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "strongroom",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "strongroom", targets: ["strongroom"]),
        .executable(name: "strongroom-hsm-worker", targets: ["strongroom-hsm-worker"]),
        // For the packages in Benchmarks/ and Fuzz/.
        .library(name: "HSMClient", targets: ["HSMClient", "HSMWorkerProtocol", "KMSCore", "SecureMemory"]),
        .library(name: "KMSCore", targets: ["KMSCore"]),
        .library(name: "AuditLog", targets: ["AuditLog"]),
        .library(name: "IAMQuery", targets: ["IAMQuery"]),
        .library(name: "KMSWire", targets: ["KMSWire"]),
        .library(name: "SigV4", targets: ["SigV4"]),
        // What Fuzz/ feeds: here, because it sees what only this package sees.
        .library(name: "FuzzSubjects", targets: ["FuzzSubjects"]),
        // What Benchmarks/ times, likewise.
        .library(name: "BenchSubjects", targets: ["BenchSubjects"]),
        // For the tests: a PKCS#11 module that wraps another and fails as it is told to.
        .library(name: "strongroom-fault-module", type: .dynamic, targets: ["FaultModule"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
    ],
    targets: [
        // C: the only targets that see a C header.
        .systemLibrary(name: "CP11Kit", pkgConfig: "p11-kit-1", providers: [.apt(["libp11-kit-dev"])]),
        .target(name: "CPKCS11", dependencies: ["CP11Kit"]),
        .target(name: "CSecureMemory"),
        .target(name: "CProcess"),
        .target(name: "CLibCrypto", linkerSettings: [.linkedLibrary("crypto")]),

        // Base.
        .target(name: "SecureMemory", dependencies: ["CSecureMemory"], swiftSettings: strict),
        .target(name: "PKCS11", dependencies: ["CPKCS11", "CP11Kit", "SecureMemory"], swiftSettings: strict),

        .target(name: "LibCrypto", dependencies: ["CLibCrypto", "SecureMemory"], swiftSettings: strict),

        // Domain.
        .target(name: "KMSPolicy", swiftSettings: strict),
        .target(name: "KMSCore", dependencies: ["KMSPolicy", "LibCrypto", "SecureMemory"], swiftSettings: strict),
        .target(
            name: "IAMCore", dependencies: ["KMSCore", "KMSPolicy", "LibCrypto", "SecureMemory", "SigV4"],
            swiftSettings: strict),
        .target(
            name: "XKSCore", dependencies: ["KMSCore", "KMSPolicy", "LibCrypto", "SecureMemory", "SigV4"],
            swiftSettings: strict),

        // Adapters.
        .target(name: "HSMWorkerProtocol", dependencies: ["SecureMemory"], swiftSettings: strict),
        .target(
            name: "HSMWorker", dependencies: ["LibCrypto", "PKCS11", "HSMWorkerProtocol", "SecureMemory"],
            swiftSettings: strict),
        .target(
            name: "HSMConformance",
            dependencies: ["CProcess", "HSMWorker", "HSMWorkerProtocol", "LibCrypto", "PKCS11", "SecureMemory"],
            swiftSettings: strict),
        .target(
            name: "HSMClient",
            dependencies: [
                "CProcess", "HSMWorkerProtocol", "KMSCore", "SecureMemory",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "SQLiteStore",
            dependencies: ["KMSCore", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict
        ),
        .target(
            name: "AuditLog",
            dependencies: [
                "KMSCore", "LibCrypto", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "EventDelivery",
            dependencies: [
                "KMSCore",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "XKSClient",
            dependencies: [
                "KMSCore", "LibCrypto", "SigV4",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "SigV4", dependencies: [.product(name: "Crypto", package: "swift-crypto")], swiftSettings: strict),

        .target(
            name: "KMSAPIClient",
            dependencies: [
                "SigV4",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict
        ),

        // Fronts.
        .target(name: "KMSWire", dependencies: ["KMSCore", "SecureMemory"], swiftSettings: strict),
        .target(
            name: "IAMQuery", dependencies: ["IAMCore", "KMSCore", "KMSPolicy", "SecureMemory", "XKSCore"],
            swiftSettings: strict),
        .target(
            name: "HTTPFront",
            dependencies: [
                "LibCrypto",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "KMSServer",
            dependencies: [
                "HTTPFront", "IAMQuery", "KMSCore", "KMSPolicy", "KMSWire", "SigV4", "SecureMemory",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "XKSProxy",
            dependencies: [
                "HTTPFront", "KMSCore", "KMSPolicy", "SecureMemory", "SigV4", "XKSCore",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),

        // Top: the only places that wire concrete types together.
        .target(
            name: "StrongroomCommands",
            dependencies: [
                "AuditLog", "EventDelivery", "HSMClient", "HSMWorkerProtocol", "HTTPFront", "IAMCore", "IAMQuery",
                "KMSAPIClient", "KMSCore", "KMSPolicy", "KMSServer", "KMSWire", "LibCrypto", "SQLiteStore",
                "SecureMemory", "SigV4", "XKSClient", "XKSCore", "XKSProxy",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(name: "strongroom", dependencies: ["StrongroomCommands"], swiftSettings: strict),
        .executableTarget(
            name: "strongroom-hsm-worker", dependencies: ["HSMConformance", "HSMWorker"], swiftSettings: strict),

        // Tests.
        .target(
            name: "KMSTesting",
            dependencies: [
                "KMSCore", "KMSPolicy", "LibCrypto", "SecureMemory", "HSMClient", "HSMWorkerProtocol",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Tests/KMSTesting",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "crash-server",
            dependencies: [
                "HSMClient", "HSMWorkerProtocol", "KMSCore", "LibCrypto", "SQLiteStore", "SecureMemory",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/CrashServer",
            swiftSettings: strict
        ),
        .target(name: "FaultModule", dependencies: ["CP11Kit"], path: "Tests/FaultModule"),
        .executableTarget(
            name: "rogue-worker", dependencies: ["HSMWorkerProtocol", "SecureMemory"], path: "Tests/RogueWorker",
            swiftSettings: strict),
        .target(
            name: "FuzzSubjects",
            dependencies: [
                "AuditLog", "HSMWorkerProtocol", "KMSCore", "KMSPolicy", "SecureMemory", "XKSClient", "XKSProxy",
                .product(name: "Yams", package: "Yams"),
            ],
            path: "Tests/FuzzSubjects", swiftSettings: strict),
        .target(
            name: "BenchSubjects", dependencies: ["KMSPolicy"], path: "Tests/BenchSubjects", swiftSettings: strict),
        .testTarget(name: "FuzzSubjectsTests", dependencies: ["FuzzSubjects", "KMSTesting"], swiftSettings: strict),
        .testTarget(name: "SecureMemoryTests", dependencies: ["SecureMemory"], swiftSettings: strict),
        .testTarget(
            name: "LibCryptoTests",
            dependencies: [
                "LibCrypto", "KMSTesting", "SecureMemory", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "PKCS11Tests",
            dependencies: [
                "CPKCS11", "PKCS11", "KMSTesting", "SecureMemory", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "HSMWorkerTests",
            dependencies: [
                "HSMWorkerProtocol", "HSMClient", "KMSCore", "KMSTesting", "LibCrypto", "SecureMemory", "rogue-worker",
                "strongroom-hsm-worker",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "HSMConformanceTests",
            dependencies: [
                "HSMClient", "HSMWorkerProtocol", "KMSTesting", "SecureMemory", "strongroom-hsm-worker",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ReliabilityTests",
            dependencies: [
                "AuditLog", "HSMClient", "HSMWorkerProtocol", "KMSAPIClient", "KMSCore", "KMSPolicy", "KMSTesting",
                "LibCrypto", "SQLiteStore", "SecureMemory", "crash-server", "strongroom",
                "strongroom-hsm-worker",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .testTarget(name: "KMSPolicyTests", dependencies: ["KMSPolicy", "KMSTesting"], swiftSettings: strict),
        .testTarget(
            name: "IAMCoreTests",
            dependencies: [
                "IAMCore", "KMSCore", "KMSPolicy", "KMSTesting", "LibCrypto", "SecureMemory", "SigV4",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "IAMQueryTests",
            dependencies: ["IAMCore", "IAMQuery", "KMSCore", "KMSPolicy", "KMSTesting", "SecureMemory", "XKSCore"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "AuditLogTests",
            dependencies: [
                "AuditLog", "KMSCore", "KMSTesting", "LibCrypto", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "EventDeliveryTests",
            dependencies: [
                "EventDelivery", "KMSCore", "KMSTesting", .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMSCoreTests",
            dependencies: [
                "KMSPolicy", "KMSCore", "KMSTesting", "HSMClient", "HSMWorkerProtocol", "LibCrypto", "SQLiteStore",
                "SecureMemory",
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SQLiteStoreTests",
            dependencies: ["SQLiteStore", "KMSCore", "KMSTesting", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict
        ),
        .testTarget(name: "XKSClientTests", dependencies: ["KMSCore", "XKSClient"], swiftSettings: strict),
        .testTarget(name: "SigV4Tests", dependencies: ["SigV4"], swiftSettings: strict),
        .testTarget(name: "KMSAPIClientTests", dependencies: ["KMSAPIClient", "SigV4"], swiftSettings: strict),
        .testTarget(
            name: "KMSWireTests", dependencies: ["KMSWire", "KMSCore", "SecureMemory"], swiftSettings: strict
        ),
        .testTarget(
            name: "KMSServerTests",
            dependencies: [
                "HTTPFront", "IAMCore", "IAMQuery", "KMSPolicy", "KMSServer", "KMSWire", "KMSCore", "KMSTesting",
                "SigV4",
                "SecureMemory", "XKSCore",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "XKSCoreTests",
            dependencies: ["KMSCore", "KMSPolicy", "KMSTesting", "LibCrypto", "SecureMemory", "SigV4", "XKSCore"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "XKSProxyTests",
            dependencies: [
                "HTTPFront", "KMSCore", "KMSPolicy", "KMSTesting", "LibCrypto", "SecureMemory", "SigV4", "XKSCore",
                "XKSProxy",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "StrongroomCommandsTests",
            dependencies: [
                "AuditLog", "HSMClient", "HSMWorkerProtocol", "IAMCore", "KMSAPIClient", "KMSCore", "KMSPolicy",
                "KMSServer",
                "HTTPFront", "KMSTesting", "StrongroomCommands", "LibCrypto", "SecureMemory", "XKSProxy",
            ],
            swiftSettings: strict
        ),
    ]
)
