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
    .executableTarget(
      name: "index-benchmark", dependencies: ["SQLiteIndex", "Search", "Transcripts"],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6])
