// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// libFuzzer brings its own `main`. scripts/fuzz.sh builds with the sanitizers: everything below is instrumented.
let package = Package(
    name: "strongroom-fuzz",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "strongroom", path: "..")],
    targets: [
        .executableTarget(
            name: "fuzz-ciphertext",
            dependencies: [.product(name: "KMSCore", package: "strongroom")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "fuzz-authorization",
            dependencies: [.product(name: "SigV4", package: "strongroom")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "fuzz-request",
            dependencies: [.product(name: "KMSWire", package: "strongroom")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "fuzz-query",
            dependencies: [.product(name: "IAMQuery", package: "strongroom")],
            swiftSettings: settings
        ),
    ]
        + ["policy", "token", "frame", "audit", "profile", "xks"].map {
            .executableTarget(
                name: "fuzz-\($0)", dependencies: [.product(name: "FuzzSubjects", package: "strongroom")],
                swiftSettings: settings)
        }
)
