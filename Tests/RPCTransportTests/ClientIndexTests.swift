internal import API
internal import Foundation
internal import Networking
internal import Protobuf
internal import RPC
internal import TestKit
internal import Testing
internal import VerbatimClient

@Suite(
  "Client for other services: indexes",
  .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"))
struct ClientIndexTests {
  @Test("What is asked of an index is one call each, with its options")
  func reading() async throws {
    try await Self.with { verbatim in
      let places = try await verbatim.places(of: "hello", in: "video-1") { $0.pageSize = 7 }
      #expect(places.video?.id == "video-1" && places.total == 7)
      let context = try await verbatim.context(of: "video-1", atMilliseconds: 5000)
      #expect(context.segmentsBefore == 5000)
      #expect(try await verbatim.suggestions(for: "he", limit: 2) == ["he-0", "he-1"])
      #expect(try await verbatim.listIndexes().indexes.map(\.name) == ["default"])
      var titles: [String] = []
      for try await found in verbatim.exportHits("hello", { $0.index = "talks" }) {
        titles.append(found.hit?.video?.title ?? "")
      }
      #expect(titles == ["hello in talks 0", "hello in talks 1"])
      var lists: [String] = []
      for try await found in verbatim.exportTranscripts("", { $0.playlistIds = ["PL1"] }) {
        lists += found.playlistIds
      }
      #expect(lists == ["PL1"])
    }
  }

  @Test("Indexes are managed by one call each, and a refusal is an error")
  func managing() async throws {
    try await Self.with { verbatim in
      #expect(try await verbatim.createIndex("talks"))
      #expect(try await verbatim.deleteIndex("talks") == false)
      try await verbatim.setAlias("live", to: "talks")
      try await verbatim.setAlias("live", to: nil)
      #expect(try await verbatim.removeVideos(["a", "b"]) == 2)
      #expect(try await verbatim.changePlaylists(of: ["a"], adding: ["PL1", "PL2"]) == 2)
      #expect(try await verbatim.optimizeIndex("talks") == 42)
      let refused = await rpcError { try await verbatim.verifyIndex("broken") }
      #expect(refused?.code == .dataLoss)
    }
  }

  @Test("The README's example compiles, as it stands there")
  func readme() throws {
    let package = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let readme = try String(contentsOf: package.appending(path: "README.md"), encoding: .utf8)
    let example = readme.components(separatedBy: "```swift\n").dropFirst().first?
      .components(separatedBy: "```").first
    let source = try String(contentsOfFile: #filePath, encoding: .utf8)
    let compiled = source.components(separatedBy: "    // README\n").last?
      .components(separatedBy: "    // End\n").first?
      .split(separator: "\n", omittingEmptySubsequences: false).map { $0.dropFirst(4) }
      .joined(separator: "\n")
    #expect(example == compiled)
  }

  /// Never called: it needs a gateway.
  private static func example() async throws {
    // README
    let verbatim = try VerbatimClient(
      gateway: "gateway.example:7400",
      tls: .files(ca: "ca.pem", certificate: "me.pem", key: "me.key"))

    let job = try await verbatim.index(url: "https://www.youtube.com/playlist?list=PL0123456789")
    for try await update in verbatim.watch(jobID: job.id) {
      print(update.job?.counts?.done ?? 0)
    }
    let page = try await verbatim.search("\"milky way\" channel:UCastronomy") {
      $0.order = .newest
      $0.facets = [.year, .language]
    }
    for hit in page.hits {
      print(hit.video?.title ?? "", hit.moments.first?.url ?? "")
    }
    for try await found in verbatim.exportTranscripts("telescope") {
      print(found.transcript?.segments.count ?? 0)
    }
    print(try await verbatim.suggestions(for: "the mil"))
    await verbatim.close()
    // End
  }

  private static func with(
    _ body: @escaping @Sendable (VerbatimClient) async throws -> Void
  ) async throws {
    try await withStubGateway(StubGateway(), and: [StubIndexes(), StubIndexAdmin()]) { port in
      let certificates = try TestCertificates.shared.get()
      let verbatim = try VerbatimClient(
        gateway: "localhost:\(port)",
        tls: .files(
          ca: certificates.authority, certificate: certificates.client.certificate,
          key: certificates.client.key))
      try await body(verbatim)
      await verbatim.close()
    }
  }
}

/// Answers with what it was asked.
private struct StubIndexes: IndexService {
  func listPlaces(
    _ request: IndexListPlacesRequest, context: RPCContext
  ) async throws -> IndexListPlacesResponse {
    .with {
      $0.video = .with { $0.id = request.videoId }
      $0.total = Int64(request.pageSize)
    }
  }

  func suggestWords(
    _ request: IndexSuggestWordsRequest, context: RPCContext
  ) async throws -> IndexSuggestWordsResponse {
    .with {
      $0.suggestions = (0..<request.limit).map { number in
        .with { $0.text = "\(request.text)-\(number)" }
      }
    }
  }

  func getContext(
    _ request: IndexGetContextRequest, context: RPCContext
  ) async throws -> IndexGetContextResponse {
    .with { $0.segmentsBefore = request.atMs }
  }

  func exportHits(
    _ request: IndexExportHitsRequest, responses: RPCResponses<IndexExportHitsResponse>,
    context: RPCContext
  ) async throws {
    let query = request.query ?? APISearchQuery()
    for number in 0..<2 {
      let title = "\(query.text) in \(query.index) \(number)"
      try await responses.send(.with { $0.hit = .with { $0.video = .with { $0.title = title } } })
    }
  }

  func exportTranscripts(
    _ request: IndexExportTranscriptsRequest,
    responses: RPCResponses<IndexExportTranscriptsResponse>, context: RPCContext
  ) async throws {
    let lists = request.query?.playlistIds ?? []
    try await responses.send(.with { $0.playlistIds = lists })
  }

  func listIndexes(
    _ request: IndexListIndexesRequest, context: RPCContext
  ) async throws -> IndexListIndexesResponse {
    .with { $0.indexes = [.with { $0.name = "default" }] }
  }
}

private struct StubIndexAdmin: IndexAdminService {
  func createIndex(
    _ request: IndexCreateIndexRequest, context: RPCContext
  ) async throws -> IndexCreateIndexResponse { .with { $0.created = request.name == "talks" } }

  func deleteIndex(
    _ request: IndexDeleteIndexRequest, context: RPCContext
  ) async throws -> IndexDeleteIndexResponse { IndexDeleteIndexResponse() }

  func setAlias(
    _ request: IndexSetAliasRequest, context: RPCContext
  ) async throws -> IndexSetAliasResponse { IndexSetAliasResponse() }

  func removeVideos(
    _ request: IndexRemoveVideosRequest, context: RPCContext
  ) async throws -> IndexRemoveVideosResponse {
    .with { $0.documents = Int64(request.videoIds.count) }
  }

  func changePlaylists(
    _ request: IndexChangePlaylistsRequest, context: RPCContext
  ) async throws -> IndexChangePlaylistsResponse {
    .with { $0.documents = Int64(request.add.count) }
  }

  func verifyIndex(
    _ request: IndexVerifyIndexRequest, context: RPCContext
  ) async throws -> IndexVerifyIndexResponse {
    throw RPCError(.dataLoss, "\(request.index) is damaged")
  }

  func optimizeIndex(
    _ request: IndexOptimizeIndexRequest, context: RPCContext
  ) async throws -> IndexOptimizeIndexResponse { .with { $0.sizeBytes = 42 } }
}
