import ElasticsearchIndex
import Foundation
import HTTPClient
import Networking
import Search
import SearchIndexKit
import TestKit
import Testing
import Transcripts

/// What only a real server can show: who may do what, and that a crash of it loses nothing.
@Suite("Real search servers", .serialized)
struct RealNodeTests {
  private static let password = "test-Pa55word"

  @Test(
    "Credentials and certificates are checked by the server and by us, and each refusal is named",
    .enabled(if: SearchNode.canBeSecure, Comment(rawValue: SearchNode.missingReason)))
  func security() async throws {
    let certificates = try TestCertificates.shared.get()
    try await SearchNode.with(
      .elasticsearch, secure: certificates, password: Self.password
    ) { node in
      var configuration = ElasticsearchConfiguration(hosts: [node.url])
      configuration.caFile = certificates.authority
      configuration.credentials = .basic(user: "elastic", password: Self.password)
      configuration.clientCertificateFile = certificates.client.certificate
      configuration.clientKeyFile = certificates.client.key
      let documents = Array(Corpus.documents.prefix(2))
      try await Self.with(configuration) { index in
        let outcomes = try await index.write(documents, to: .default)
        #expect(outcomes == [.indexed, .indexed])
        try await index.refresh(.default)
        let total = try await index.search(SearchQuery(text: "distributed")).total
        #expect(total == 2)
      }
      for privileges in [["all"], ["read"]] {
        var limited = configuration
        limited.credentials = .apiKey(
          try await Self.apiKey(node.url, certificates.authority, privileges))
        try await Self.with(limited) { index in
          if privileges == ["all"] {
            let outcomes = try await index.write(documents, to: .default)
            #expect(outcomes == [.unchanged, .unchanged])
          } else {
            await Self.expect(.misconfigured, "rights", index)
          }
        }
      }
      var wrong = configuration
      wrong.credentials = .basic(user: "elastic", password: "wrong")
      try await Self.with(wrong) { await Self.expect(.misconfigured, "credentials", $0) }
      wrong.credentials = .none
      try await Self.with(wrong) { await Self.expect(.misconfigured, "credentials", $0) }
      var untrusting = configuration
      untrusting.caFile = certificates.foreignAuthority
      untrusting.requestTimeout = .seconds(1)
      try await Self.with(untrusting) { await Self.expect(.unavailable, "certificate", $0) }
    }
  }

  @Test(
    "A server killed while documents are written, and started again, has lost none and has none twice",
    .enabled(
      if: SearchNode.Kind.opensearch.isAvailable, Comment(rawValue: SearchNode.missingReason)),
    .enabled(if: SearchNode.canBeSecure, "it has to be started here"))
  func crash() async throws {
    try await SearchNode.with(.opensearch) { node in
      var configuration = ElasticsearchConfiguration(hosts: [node.url])
      configuration.replicas = 0
      configuration.maxRetryDelay = .seconds(1)
      let count = 1_000
      let batch = 20
      try await Self.with(configuration) { index in
        let (written, reached) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            for start in stride(from: 0, to: count, by: batch) {
              let documents = (start..<start + batch).map { number in
                Corpus.document(
                  "k" + String(repeating: "0", count: 10 - String(number).count) + String(number),
                  ["words of number \(number)", String(repeating: "filler ", count: 200)])
              }
              // As an indexer does: what was not taken is given again.
              while true {
                do {
                  _ = try await index.write(documents, to: .default)
                  break
                } catch is SearchError {
                  await Task.yield()
                }
              }
              if start == count / 5 { reached.yield() }
            }
          }
          for await _ in written { break }
          try await node.kill()
          try await node.restart()
          try await group.waitForAll()
        }
        try await index.refresh(.default)
        let statistics = try await index.statistics(of: .default)
        #expect(statistics.documents == count)
        #expect(statistics.videos == count)
        let last = try await index.search(SearchQuery(text: "\"number \(count - 1)\"")).total
        #expect(last == 1)
      }
    }
  }

  @Test(
    "An index is made anew while it is written and searched: nothing is lost, doubled or brought back",
    .enabled(
      if: SearchNode.Kind.elasticsearch.isAvailable, Comment(rawValue: SearchNode.missingReason)))
  func reindex() async throws {
    try await SearchNode.with(.elasticsearch) { node in
      var configuration = ElasticsearchConfiguration(hosts: [node.url])
      configuration.prefix =
        "test-\(String(UInt64.random(in: 0...UInt64(UInt32.max)), radix: 36))-reindex"
      configuration.replicas = 0
      configuration.catalogLifetime = .milliseconds(200)
      try await Self.with(configuration) { index in
        _ = try await index.write(Corpus.documents, to: .default)
        guard let live = IndexName("live"), let gone = Corpus.documents.first else { return }
        try await index.setAlias(live, to: .default)
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            let copied = try await index.reindex(.default)
            #expect(copied > 0)
          }
          group.addTask {
            for number in 0..<20 {
              _ = try await index.write(
                [
                  Corpus.document(
                    "r000000000\(number % 10)", ["written meanwhile \(number)"],
                    fetched: Int64(2_000 + number))
                ],
                to: .default)
              _ = try await index.search(SearchQuery(text: "distributed"))
            }
            _ = try await index.remove([gone.transcript.video.id], from: .default)
          }
          try await group.waitForAll()
        }
        try await index.refresh(.default)
        let statistics = try await index.statistics(of: .default)
        #expect(statistics.documents == Corpus.documents.count - 1 + 10)
        let removed = try await index.transcript(
          of: gone.transcript.video.id, languageCode: nil, in: .default)
        #expect(removed == nil)
        let newest = try await index.search(SearchQuery(index: live, text: "\"meanwhile 19\""))
          .total
        #expect(newest == 1)
        try await index.verify(.default)
        try await index.removeAll()
      }
    }
  }

  private static func with(
    _ configuration: ElasticsearchConfiguration, _ body: (ElasticsearchIndex) async throws -> Void
  ) async throws {
    let index = try await ElasticsearchIndex(configuration)
    do {
      try await body(index)
    } catch {
      await index.close()
      throw error
    }
    await index.close()
  }

  private static func expect(
    _ code: SearchError.Code, _ word: String, _ index: ElasticsearchIndex
  ) async {
    do {
      _ = try await index.write([Corpus.documents[3]], to: .default)
      Issue.record("written without \(word)")
    } catch let error as SearchError {
      #expect(error.code == code, "\(error)")
      #expect(error.message.contains(word), "\(error)")
    } catch {
      Issue.record("\(error)")
    }
  }

  /// A key with these rights on our indexes; `all` may make them too.
  @NetworkActor
  private static func apiKey(
    _ url: String, _ authority: String, _ privileges: [String]
  ) async throws -> String {
    var options = HTTPClient.Options()
    options.caFile = authority
    let client = try HTTPClient(options: options)
    defer { client.close() }
    let names = privileges.map { "\"\($0)\"" }.joined(separator: ",")
    let cluster =
      privileges == ["all"] ? "\"monitor\",\"manage_index_templates\"" : "\"monitor\""
    let body =
      #"{"name":"t","role_descriptors":{"r":{"cluster":[\#(cluster)],"indices":[{"names":["verbatim.*"],"privileges":[\#(names)]}]}}}"#
    let login = Data("elastic:\(Self.password)".utf8).base64EncodedString()
    let response = try await client.response(
      to: HTTPClient.Request(
        method: .post, url: "\(url)/_security/api_key",
        headers: [
          HTTPClient.Header("Authorization", "Basic \(login)"),
          HTTPClient.Header("Content-Type", "application/json"),
        ], body: Array(body.utf8)))
    let object = try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
    guard let key = object?["encoded"] as? String else {
      throw SearchError(.unavailable, "No API key was made: HTTP \(response.status)")
    }
    return key
  }
}
