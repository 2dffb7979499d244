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
  _ name: String, _ dependencies: [String] = [], exclude: [String] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies.map { .byName(name: $0) }, exclude: exclude,
    swiftSettings: settings)
}

/// A small target that makes one C library importable: headers with shims, nothing else.
func cLibrary(_ name: String, links: [String]) -> Target {
  .target(name: name, linkerSettings: links.map { .linkedLibrary($0) })
}

func executable(_ name: String, _ dependencies: [String]) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies.map { .byName(name: $0) }, swiftSettings: settings)
}

func tests(
  _ name: String, _ dependencies: [String], exclude: [String] = [], resources: [Resource] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies.map { .byName(name: $0) }, exclude: exclude,
    resources: resources, swiftSettings: settings)
}

let package = Package(
  name: "verbatim",
  products: [
    .executable(name: "gateway", targets: ["Gateway"]),
    .executable(name: "transcript-fetcher", targets: ["TranscriptFetcher"]),
    .executable(name: "indexer", targets: ["Indexer"]),
    .executable(name: "verbatim", targets: ["Verbatim"]),
    .executable(name: "youtube-simulator", targets: ["YouTubeSimulator"]),
    .executable(name: "protoc-gen-verbatim-swift", targets: ["ProtocGenVerbatimSwift"]),
    .library(name: "VerbatimClient", targets: ["VerbatimClient"]),
    // What the programs are made of. Building it first keeps all cores busy, where one program after another does not.
    .library(
      name: "Parts", type: .static,
      targets: [
        "GatewayStage", "FetchStage", "IndexStage", "ServiceRuntime", "RedisQueue",
        "YouTubeSource", "SQLiteIndex", "ElasticsearchIndex", "CommandLineTool", "Simulator",
      ]),
  ],
  targets: [
    // Foundations: one C library each.
    cLibrary("CUV", links: ["uv"]),
    cLibrary("COpenSSL", links: ["ssl", "crypto"]),
    cLibrary("CHiredis", links: ["hiredis"]),
    cLibrary("CCurl", links: ["curl", "ssl"]),
    cLibrary("CNGHTTP2", links: ["nghttp2"]),
    cLibrary("CSQLite", links: ["sqlite3"]),
    cLibrary("CZstd", links: ["zstd"]),
    cLibrary("CZlib", links: ["z"]),
    cLibrary("CUTF8Proc", links: ["utf8proc"]),

    // Foundations: small libraries that could be published alone.
    library("Networking", ["CUV", "COpenSSL"]),
    library("RedisClient", ["Networking", "CHiredis"]),
    library("HTTPClient", ["Networking", "Compression", "CCurl", "CNGHTTP2"]),
    library("HTTPServer", ["Networking"]),
    library("Base64"),
    library("JSON"),
    library("Protobuf", ["Base64"]),
    library("ProtobufJSON", ["Protobuf", "Base64", "JSON"]),
    library("ProtobufGenerator", ["Protobuf", "Base64"]),
    library("Options"),
    library("Compression", ["CZstd", "CZlib"]),

    // Core: no sockets, no files, no wall clock.
    library("Telemetry"),
    library("WireProtocol", ["Protobuf"]),
    library("RPC", ["Protobuf", "WireProtocol"]),
    library("API", ["Protobuf", "RPC"]),
    library("RPCHealth", ["Protobuf", "RPC"]),
    library("RPCReflection", ["Protobuf", "RPC"]),
    library("Transcripts", ["JSON"]),
    library("Pipeline", ["Transcripts", "Telemetry"]),
    library("Search", ["Transcripts", "Base64", "CUTF8Proc"]),
    library(
      "APIConversions",
      ["API", "RPC", "Protobuf", "Transcripts", "Pipeline", "Search", "Compression"]),

    // Adapters: core contracts on a foundation.
    .target(name: "CQueueFunctions"),
    library("RPCTransport", ["RPC", "WireProtocol", "Networking", "Protobuf", "Telemetry"]),
    library(
      "RedisQueue",
      [
        "Pipeline", "Transcripts", "RedisClient", "Networking", "Telemetry", "CQueueFunctions",
      ],
      exclude: ["Functions"]),
    library(
      "YouTubeSource",
      ["Transcripts", "HTTPClient", "Networking", "Base64", "JSON", "Telemetry"]),
    library("SQLiteIndex", ["Search", "Transcripts", "CSQLite", "Compression", "Telemetry"]),
    library(
      "ElasticsearchIndex",
      [
        "Search", "Transcripts", "HTTPClient", "Networking", "JSON", "Base64", "Compression",
        "Telemetry",
      ]),
    library("AdminServer", ["HTTPServer", "JSON", "Networking", "Telemetry"]),

    // Stages: what each service does.
    library(
      "GatewayStage",
      [
        "API", "APIConversions", "RPC", "Protobuf", "Pipeline", "Transcripts", "Search",
        "Telemetry",
      ]),
    library(
      "FetchStage",
      [
        "API", "APIConversions", "RPC", "Protobuf", "Pipeline", "Transcripts", "Compression",
        "Telemetry",
      ]),
    library(
      "IndexStage",
      [
        "API", "APIConversions", "RPC", "Protobuf", "Pipeline", "Transcripts", "Search",
        "Compression", "Telemetry",
      ]),
    library(
      "ServiceRuntime",
      [
        "Options", "Networking", "Telemetry", "AdminServer", "RPC", "RPCHealth",
        "RPCReflection", "RPCTransport", "RedisClient", "RedisQueue",
        "Pipeline", "HTTPClient", "JSON",
      ]),
    library("VerbatimClient", ["API", "RPC", "RPCTransport", "Networking", "Protobuf"]),
    library("Simulator", ["HTTPServer", "Networking", "Base64", "JSON"], exclude: ["README.md"]),
    library(
      "CommandLineTool",
      [
        "API", "RPC", "RPCReflection", "RPCTransport", "Protobuf", "ProtobufJSON", "JSON",
        "Options", "Transcripts", "Networking", "Telemetry",
      ]),

    // Executables: options, wiring, run.
    executable(
      "Gateway",
      [
        "GatewayStage", "Pipeline", "RedisClient", "RedisQueue", "ServiceRuntime", "AdminServer",
        "API", "RPC", "RPCTransport", "Options", "Networking", "Telemetry",
      ]),
    executable(
      "TranscriptFetcher",
      [
        "FetchStage", "Pipeline", "RedisQueue", "YouTubeSource", "HTTPClient", "ServiceRuntime",
        "AdminServer", "API", "APIConversions", "RPC", "RPCTransport", "Options", "Networking",
        "Telemetry",
      ]),
    executable(
      "Indexer",
      [
        "IndexStage", "Pipeline", "RedisQueue", "SQLiteIndex", "ElasticsearchIndex", "Search",
        "ServiceRuntime", "AdminServer", "API",
        "APIConversions", "RPC", "RPCTransport", "Options", "Telemetry",
      ]),
    executable("Verbatim", ["CommandLineTool"]),
    executable("YouTubeSimulator", ["Simulator", "Options", "Networking", "Telemetry"]),
    executable("ProtocGenVerbatimSwift", ["ProtobufGenerator", "Protobuf"]),

    // Benchmarks of parts; those of the whole are beside them.
    .executableTarget(
      name: "fetch-benchmark",
      dependencies: ["YouTubeSource", "HTTPClient", "Transcripts", "Networking"],
      path: "Benchmarks/FetchPath", exclude: ["run", "compare", "peer.py"], swiftSettings: settings),
    .executableTarget(
      name: "queue-benchmark",
      dependencies: [
        "FetchStage", "IndexStage", "RedisQueue", "Pipeline", "RedisClient", "Search",
        "Transcripts",
      ],
      path: "Benchmarks/Queue", exclude: ["compare", "peers", "README.md"],
      swiftSettings: settings),
    .executableTarget(
      name: "rpc-benchmark",
      dependencies: [
        "RPCTransport", "RPC", "WireProtocol", "Protobuf", "Networking", "Telemetry",
      ],
      path: "Benchmarks/RPC", exclude: ["run", "peers", "Go"], swiftSettings: settings),

    // Tests: one suite for each target, and helpers that start real servers.
    .target(name: "TestRandom", path: "Tests/TestRandom", swiftSettings: settings),
    .target(
      name: "FixtureKit", dependencies: ["JSON", "COpenSSL"], path: "Tests/FixtureKit",
      swiftSettings: settings),
    .target(name: "TestKit", path: "Tests/TestKit", swiftSettings: settings),
    .target(
      name: "RPCTestKit", dependencies: ["RPC", "Protobuf"], path: "Tests/RPCTestKit",
      swiftSettings: settings),
    tests("NetworkingTests", ["Networking", "TestKit", "TestRandom"]),
    tests("RedisClientTests", ["RedisClient", "Networking", "TestKit"]),
    tests(
      "HTTPClientTests",
      ["HTTPClient", "HTTPServer", "Simulator", "Networking", "TestKit", "TestRandom"]),
    tests(
      "HTTPServerTests",
      ["HTTPServer", "AdminServer", "Telemetry", "JSON", "Networking", "TestKit"]),
    tests("Base64Tests", ["Base64"]),
    tests("JSONTests", ["JSON", "TestRandom"]),
    tests(
      "ProtobufTests",
      ["Protobuf", "ProtobufJSON", "ProtobufGenerator", "ProtobufClashes", "JSON", "TestRandom"],
      exclude: ["Protos"]),
    // A schema whose names clash with Swift's and with generated code's: that it compiles is the test.
    .target(
      name: "ProtobufClashes", dependencies: ["Protobuf", "RPC"], path: "Tests/ProtobufClashes",
      swiftSettings: settings),
    tests("OptionsTests", ["Options"]),
    tests("TelemetryTests", ["Telemetry"]),
    tests("WireProtocolTests", ["WireProtocol", "Protobuf", "TestRandom"]),
    tests(
      "RPCTransportTests",
      [
        "RPCTransport", "VerbatimClient", "RPC", "WireProtocol", "API", "Protobuf", "Networking",
        "Telemetry", "TestKit",
      ]),
    tests(
      "TranscriptsTests", ["Transcripts", "JSON", "FixtureKit", "TestRandom"],
      resources: [.copy("Fixtures")]),
    tests("PipelineTests", ["Pipeline", "Telemetry"]),
    tests(
      "RedisQueueTests",
      [
        "RedisQueue", "Pipeline", "Transcripts", "RedisClient", "Networking", "Telemetry",
        "TestKit", "TestRandom",
      ]),
    tests(
      "YouTubeSourceTests",
      [
        "YouTubeSource", "Transcripts", "HTTPClient", "JSON", "Networking", "Telemetry",
        "FixtureKit", "TestRandom",
      ],
      resources: [.copy("Fixtures")]),
    tests("CompressionTests", ["Compression"]),
    tests("DeployTests", []),
    tests("SearchTests", ["Search", "Transcripts", "TestRandom"]),
    tests("SQLiteIndexTests", ["SQLiteIndex", "Search", "Transcripts", "CSQLite", "TestRandom"]),
    // One suite for every back end: documents, queries, and what has to be answered.
    .target(
      name: "SearchIndexKit", dependencies: ["Search", "Transcripts", "TestRandom"],
      path: "Tests/SearchIndexKit", swiftSettings: settings),
    tests(
      "ElasticsearchIndexTests",
      [
        "ElasticsearchIndex", "SearchIndexKit", "Search", "Transcripts", "HTTPServer", "HTTPClient",
        "Networking", "JSON", "TestKit",
      ]),
    tests(
      "SearchConformanceTests",
      [
        "SearchIndexKit", "SQLiteIndex", "ElasticsearchIndex", "Search", "Transcripts",
        "HTTPClient", "Networking", "TestKit",
      ]),
    tests("SimulatorTests", ["Simulator", "HTTPServer", "JSON", "Networking"]),
    // Our fetcher's source against the simulator, over real connections and proxies.
    tests(
      "SimulatedFetchTests",
      ["Simulator", "YouTubeSource", "Transcripts", "HTTPClient", "Networking", "TestKit"]),
    // Unmodified youtube-transcript-api and yt-dlp against the simulator, beside our own fetcher.
    tests(
      "RealClientTests",
      [
        "Simulator", "YouTubeSource", "Transcripts", "HTTPClient", "JSON", "Networking", "TestKit",
      ],
      exclude: ["clients.py"]),
    tests(
      "IndexStageTests",
      [
        "IndexStage", "APIConversions", "Pipeline", "Search", "Transcripts", "API", "RPC",
        "TestRandom",
      ]),
    tests("FetchStageTests", ["FetchStage", "Pipeline", "Transcripts", "API", "RPC"]),
    tests(
      "GatewayStageTests",
      ["RPCTestKit", "Protobuf", "GatewayStage", "Pipeline", "Transcripts", "API", "RPC"]),
    tests(
      "CommandLineToolTests",
      [
        "CommandLineTool", "API", "RPC", "RPCHealth", "RPCReflection", "RPCInteropKit",
        "RPCTestKit", "RPCTransport", "Protobuf", "Options", "Networking", "TestRandom",
        "GatewayStage", "IndexStage", "SQLiteIndex", "Search", "Transcripts",
      ]),
    // What reads bytes from outside, for libFuzzer (.ci/fuzz) and for tests that replay what it found.
    .target(
      name: "FuzzTargets",
      dependencies: [
        "WireProtocol", "RPC", "Protobuf", "ProtobufJSON", "JSON", "Transcripts", "YouTubeSource",
      ],
      path: "Tests/FuzzTargets", swiftSettings: settings),
    tests(
      "FuzzTests", ["FuzzTargets", "TestRandom"],
      exclude: ["README.md", "Corpus", "Regressions"]),
    // The service of gRPC's interoperability tests: all kinds of calls, with a schema.
    .target(
      name: "RPCInteropKit", dependencies: ["RPC", "Protobuf"], path: "Tests/RPCInteropKit",
      exclude: ["Protos"], swiftSettings: settings),
    tests(
      "RPCInteropTests",
      [
        "RPCInteropKit", "RPCTransport", "RPC", "Protobuf", "Networking", "TestKit",
      ]),
    tests("RPCHealthTests", ["RPCHealth", "RPC", "RPCTestKit", "Protobuf"]),
    tests(
      "RPCReflectionTests",
      ["RPCReflection", "RPC", "RPCTestKit", "API", "Protobuf", "ProtobufJSON"]),
    tests(
      "ServiceRuntimeTests",
      [
        "ServiceRuntime", "Telemetry", "AdminServer", "RedisQueue", "RedisClient", "Pipeline",
        "Transcripts", "TestKit", "HTTPServer", "Networking", "RPC",
      ]),
    tests(
      "IntegrationTests",
      ["API", "RPC", "RPCTransport", "Networking", "TestKit", "TestRandom", "Protobuf"]),
  ],
  swiftLanguageModes: [.v6])

// Its messages are generated from a .proto file of protobuf's own source, which Tests/Conformance/run downloads.
if Context.environment["VERBATIM_CONFORMANCE"] != nil {
  package.targets.append(
    .executableTarget(
      name: "ProtobufConformance", dependencies: ["Protobuf", "ProtobufJSON"],
      path: "Tests/Conformance/Testee", swiftSettings: settings))
}

// Needs the sanitizer's library: .ci/fuzz builds it, with the flags that it takes.
if Context.environment["VERBATIM_FUZZ"] != nil {
  package.targets += [
    .target(name: "CLibFuzzer", path: "Tests/Fuzzer/CLibFuzzer"),
    .executableTarget(
      name: "fuzzer", dependencies: ["CLibFuzzer", "FuzzTargets"], path: "Tests/Fuzzer/Main",
      swiftSettings: settings),
  ]
}
