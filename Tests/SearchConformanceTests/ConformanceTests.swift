import ElasticsearchIndex
import Foundation
import SQLiteIndex
import Search
import SearchIndexKit
import TestKit
import Testing

/// Every back end answers the same queries about the same documents with the same answers.
@Suite("Search indexes", .serialized)
struct ConformanceTests {
  @Test("The embedded index does as all do")
  func sqlite() async throws {
    try await Self.withFolder { folder in
      try await Self.check { name in
        try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: "\(folder)/\(name)"))
      }
    }
  }

  @Test(
    "OpenSearch does as all do",
    .enabled(
      if: SearchNode.Kind.opensearch.isAvailable, Comment(rawValue: SearchNode.missingReason)))
  func openSearch() async throws {
    try await SearchNode.with(.opensearch) { try await Self.check($0.url) }
  }

  @Test(
    "Elasticsearch does as all do",
    .enabled(
      if: SearchNode.Kind.elasticsearch.isAvailable, Comment(rawValue: SearchNode.missingReason)))
  func elasticsearch() async throws {
    try await SearchNode.with(.elasticsearch) { try await Self.check($0.url) }
  }

  /// Names of its own, so that a server that runs on may be used again and again.
  private static func check(_ url: String) async throws {
    let run = String(UInt64.random(in: 0...UInt64(UInt32.max)), radix: 36)
    try await Self.check { name in
      var configuration = ElasticsearchConfiguration(hosts: [url])
      configuration.prefix = "test-\(run)-\(name)"
      configuration.replicas = 0
      return try await ElasticsearchIndex(configuration)
    }
  }

  private static func check(
    _ open: (String) async throws -> any SearchIndex
  ) async throws {
    let shared = try await open("shared")
    _ = try await shared.write(Corpus.documents, to: .default)
    try await shared.refresh(.default)
    for conformance in ConformanceCase.reading {
      await Self.run(conformance, on: shared)
    }
    await Self.end(shared)
    let recorded = try await open("recorded")
    try await RecordedTranscripts.check(recorded)
    await Self.end(recorded)
    for (number, conformance) in ConformanceCase.writing.enumerated() {
      let index = try await open("case\(number)")
      await Self.run(conformance, on: index)
      await Self.end(index)
    }
  }

  /// A server may run on after the tests.
  private static func end(_ index: any SearchIndex) async {
    do {
      try await (index as? ElasticsearchIndex)?.removeAll()
    } catch {
      Issue.record("The indexes cannot be removed: \(error)")
    }
    await index.close()
  }

  private static func run(
    _ conformance: ConformanceCase, on index: any SearchIndex
  ) async {
    do {
      try await conformance.run(index)
    } catch {
      Issue.record("\(conformance): \(error)")
    }
  }

  private static func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("verbatim-conformance-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // A folder that cannot be removed stays in the system's temporary folder; no test depends on it.
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder.path)
  }
}
