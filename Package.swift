// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target of this package is compiled with.
let settings: [SwiftSetting] = [
  // `any Protocol` is spelled out: an existential costs a box, and the reader should see it.
  .enableUpcomingFeature("ExistentialAny"),
  // An import is private to its file unless it says otherwise, so dependencies do not leak through APIs.
  .enableUpcomingFeature("InternalImportsByDefault"),
  // A member is visible only where its module is imported.
  .enableUpcomingFeature("MemberImportVisibility"),
  // An async function runs where its caller runs, unless it is `@concurrent`.
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

/// A library target with the common settings.
func library(
  _ name: String, _ dependencies: [String] = [], exclude: [String] = [],
  resources: [Resource] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies.map { .byName(name: $0) }, exclude: exclude,
    resources: resources, swiftSettings: settings)
}

/// A small target that makes one C library importable: headers with shims, nothing else.
func cLibrary(_ name: String, links: [String]) -> Target {
  .target(name: name, linkerSettings: links.map { .linkedLibrary($0) })
}

func executable(_ name: String, _ dependencies: [String]) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies.map { .byName(name: $0) }, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [String], resources: [Resource] = []) -> Target {
  .testTarget(
    name: name, dependencies: dependencies.map { .byName(name: $0) }, resources: resources,
    swiftSettings: settings)
}

let package = Package(
  name: "verbatim",
  products: [
    .executable(name: "protoc-gen-verbatim-swift", targets: ["ProtocGenVerbatimSwift"])
  ],
  targets: [
    // Foundations: one C library each.
    cLibrary("CUV", links: ["uv"]),
    cLibrary("COpenSSL", links: ["ssl", "crypto"]),
    cLibrary("CHiredis", links: ["hiredis"]),
    cLibrary("CSQLite", links: ["sqlite3"]),
    cLibrary("CZstd", links: ["zstd"]),

    // Foundations: small libraries that could be published alone.
    library("Networking", ["CUV", "COpenSSL"]),
    library("RedisClient", ["Networking", "CHiredis"]),
    library("JSON"),
    library("Protobuf"),
    library("ProtobufJSON", ["Protobuf", "JSON"]),
    library("ProtobufGenerator", ["Protobuf"]),
    library("Compression", ["CZstd"]),

    // Core: no sockets, no files, no wall clock.
    library("Telemetry"),
    library("WireProtocol", ["Protobuf"]),
    library("RPC", ["Protobuf", "WireProtocol"]),
    library("API", ["Protobuf", "RPC"]),
    library("Transcripts", ["JSON"]),
    library("Pipeline", ["Transcripts"]),
    library("Search", ["Transcripts"]),

    // Adapters: core contracts on a foundation.
    library(
      "RedisQueue", ["Pipeline", "Transcripts", "RedisClient", "Networking", "Telemetry"],
      resources: [.embedInCode("Functions")]),
    library("SQLiteIndex", ["Search", "Transcripts", "CSQLite", "Compression", "Telemetry"]),

    // Executables: options, wiring, run.
    executable("ProtocGenVerbatimSwift", ["ProtobufGenerator", "Protobuf"]),

    // Tests: one suite for each target, and helpers that start real servers.
    .target(name: "TestKit", path: "Tests/TestKit", swiftSettings: settings),
    tests("DeployTests", []),
    tests("APITests", ["API", "Protobuf", "ProtobufJSON"]),
    tests("NetworkingTests", ["Networking"]),
    tests("JSONTests", ["JSON"]),
    tests("TelemetryTests", ["Telemetry"]),
    tests("TranscriptsTests", ["Transcripts", "JSON"]),
    tests(
      "RedisQueueTests",
      ["RedisQueue", "Pipeline", "Transcripts", "RedisClient", "Networking", "TestKit"]),
    tests("CompressionTests", ["Compression"]),
    tests("SearchTests", ["Search", "Transcripts"]),
    tests("SQLiteIndexTests", ["SQLiteIndex", "Search", "Transcripts"]),
  ],
  swiftLanguageModes: [.v6])
