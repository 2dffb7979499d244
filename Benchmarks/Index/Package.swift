// swift-tools-version: 6.2
import PackageDescription

// The search index measured: a package of its own, so that nobody who builds Verbatim builds it.
// `Shared` is a link to the package's sources.

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Shared/\(name)", swiftSettings: settings)
}

func cLibrary(_ name: String, links: String) -> Target {
  .target(name: name, path: "Shared/\(name)", linkerSettings: [.linkedLibrary(links)])
}

let package = Package(
  name: "index-benchmark",
  targets: [
    cLibrary("CSQLite", links: "sqlite3"),
    cLibrary("CZstd", links: "zstd"),
    cLibrary("CZlib", links: "z"),
    cLibrary("CUTF8Proc", links: "utf8proc"),
    library("JSON"),
    library("Telemetry"),
    library("Transcripts", ["JSON"]),
    library("Base64"),
    library("Search", ["Transcripts", "Base64", "CUTF8Proc"]),
    library("Compression", ["CZstd", "CZlib"]),
    library("SQLiteIndex", ["Search", "Transcripts", "CSQLite", "Compression", "Telemetry"]),

    // What the other programs need more: a client for search servers, and RPC.
    cLibrary("CUV", links: "uv"),
    .target(
      name: "COpenSSL", path: "Shared/COpenSSL",
      linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
    .target(
      name: "CCurl", path: "Shared/CCurl",
      linkerSettings: [.linkedLibrary("curl"), .linkedLibrary("ssl")]),
    library("Networking", ["CUV", "COpenSSL"]),
    cLibrary("CNGHTTP2", links: "nghttp2"),
    library("HTTPClient", ["Networking", "Compression", "CCurl", "CNGHTTP2"]),
    library(
      "ElasticsearchIndex",
      [
        "Search", "Transcripts", "HTTPClient", "Networking", "JSON", "Base64", "Compression",
        "Telemetry",
      ]),
    library("Protobuf", ["Base64"]),
    library("WireProtocol", ["Protobuf"]),
    library("RPC", ["Protobuf", "WireProtocol"]),
    library("API", ["Protobuf", "RPC"]),
    library("RPCTransport", ["RPC", "WireProtocol", "Networking", "Protobuf", "Telemetry"]),

    .target(
      name: "Kit", dependencies: ["Search", "Transcripts"], swiftSettings: settings),
    .executableTarget(
      name: "index-benchmark", dependencies: ["Kit", "SQLiteIndex", "Search", "Transcripts"],
      swiftSettings: settings),
    .executableTarget(
      name: "bare-fts5", cSettings: [.unsafeFlags(["-O2"])],
      linkerSettings: [.linkedLibrary("sqlite3")]),
    .executableTarget(
      name: "node-benchmark",
      dependencies: [
        "Kit", "ElasticsearchIndex", "HTTPClient", "Networking", "JSON", "Search", "Transcripts",
      ], swiftSettings: settings),
    .executableTarget(
      name: "service-benchmark",
      dependencies: [
        "Kit", "SQLiteIndex", "Search", "API", "RPC", "RPCTransport", "Networking", "Protobuf",
      ], swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6])
