import ElasticsearchIndex
import HTTPServer
import Networking
import Search
import SearchIndexKit
import Testing
import Transcripts

/// A node that takes requests and answers none: stopped, out of memory, or behind a network that swallows.
@Suite("Elasticsearch index and slow nodes", .timeLimit(.minutes(1)))
@NetworkActor
struct SlowNodeTests {
  private static func document(_ number: Int, _ text: String, fetched: Int64 = 1) -> IndexDocument {
    let digits = String(number)
    return Corpus.document(
      "s" + String(repeating: "0", count: 10 - digits.count) + digits, [text], fetched: fetched)
  }

  /// As the indexer does: what was not taken is given again. Healthy nodes of a busy machine are slow at times too.
  private static func write(_ documents: [IndexDocument], _ index: ElasticsearchIndex) async throws
  {
    while true {
      do {
        let outcomes = try await index.write(documents, to: .default)
        #expect(outcomes.allSatisfy { $0 == .indexed || $0 == .unchanged }, "\(outcomes)")
        return
      } catch let error as SearchError {
        #expect(error.code == .timedOut || error.code == .unavailable, "\(error)")
      }
    }
  }

  private static func expectAnswer(_ index: ElasticsearchIndex) async throws {
    let total = try await index.search(SearchQuery(text: "meanwhile")).total
    #expect(total == ScriptedCluster.total)
  }

  @Test("While one node stalls, writes and searches go on at the others, and it is hardly asked")
  func oneOfThree() async throws {
    try await withCluster(nodes: 3) {
      $0.requestTimeout = .seconds(1)
      $0.bulkTimeout = .seconds(1)
      $0.writeTimeout = .seconds(20)
    } _: { cluster, index, _ in
      try await Self.write([Self.document(0, "before")], index)
      cluster.stall(1)
      let before = cluster.asked
      for number in 1...20 {
        try await Self.write([Self.document(number, "meanwhile")], index)
        try await Self.expectAnswer(index)
      }
      // Each request of the first write may have met it; from then on it rests.
      let asked = cluster.asked[1, default: 0] - before[1, default: 0]
      #expect((1...10).contains(asked), "asked \(asked) times")
      #expect(cluster.documents.count == 21)
    }
  }

  @Test("A node that stalled is asked again when it answers")
  func comesBack() async throws {
    try await withCluster(nodes: 2) {
      $0.requestTimeout = .seconds(1)
      $0.bulkTimeout = .seconds(1)
      $0.writeTimeout = .seconds(20)
    } _: { cluster, index, _ in
      try await Self.write([Self.document(0, "before")], index)
      cluster.stall(0)
      var number = 1
      // In turns: two writes meet both nodes.
      for _ in 0..<2 {
        try await Self.write([Self.document(number, "meanwhile")], index)
        number += 1
      }
      cluster.resume(0)
      let before = cluster.asked[0, default: 0]
      // Its trial, and then requests as before.
      while cluster.asked[0, default: 0] < before + 10 {
        try await Self.write([Self.document(number, "after")], index)
        number += 1
      }
      #expect(cluster.documents.count == number)
    }
  }

  @Test("What a stalled node does late changes nothing that was written since")
  func lateRequest() async throws {
    try await withCluster(nodes: 2) {
      $0.requestTimeout = .seconds(1)
      $0.bulkTimeout = .seconds(1)
      $0.writeTimeout = .seconds(20)
    } _: { cluster, index, _ in
      try await Self.write([Self.document(0, "first")], index)
      cluster.stall(0)
      // Until a request of each kind hangs there, a `_bulk` among them.
      for number in 1...6 {
        try await Self.write([Self.document(number, "old words")], index)
      }
      for number in 1...6 {
        try await Self.write([Self.document(number, "new words", fetched: 2)], index)
      }
      let written = cluster.documents.mapValues(\.version)
      let answered = cluster.requests.count
      cluster.resume(0)
      while cluster.requests.count < answered + 1 { await Task.yield() }
      for number in 1...6 {
        expectOutcomes(
          try await index.write(
            [Self.document(number, "new words", fetched: 2)], to: .default), [.unchanged])
      }
      #expect(cluster.documents.mapValues(\.version) == written)
    }
  }

  @Test("When every node stalls a write fails in time, named, and nothing of it counts as written")
  func all() async throws {
    try await withCluster(nodes: 2) {
      $0.requestTimeout = .milliseconds(100)
      $0.bulkTimeout = .milliseconds(100)
      $0.writeTimeout = .milliseconds(500)
      $0.checkInterval = .milliseconds(50)
    } _: { cluster, index, servers in
      try await Self.write([Self.document(0, "before")], index)
      cluster.stall(0)
      cluster.stall(1)
      let batch = (1...5).map { Self.document($0, "not yet") }
      let error = await #expect(throws: SearchError.self) {
        try await index.write(batch, to: .default)
      }
      #expect(error?.code == .timedOut)
      #expect(
        servers.contains { error?.message.contains("localhost:\($0.port) did not answer") == true },
        "\(error?.message ?? "")")
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await index.run() }
        while await index.problem?.contains("did not answer") != true { await Task.yield() }
        cluster.resume(0)
        cluster.resume(1)
        while await index.problem != nil { await Task.yield() }
        group.cancelAll()
        try await group.waitForAll()
      }
      // As the indexer does: what was not taken is given again, whatever the nodes did of it.
      try await Self.write(batch, index)
      try await Self.write(batch, index)
      #expect(cluster.documents.count == 6)
      #expect(cluster.documents.values.allSatisfy { $0.version == 1 }, "written once each")
    }
  }

  @Test("A node that stalls in a _bulk does not hold up what others write")
  func otherBatches() async throws {
    try await withCluster(nodes: 2) {
      $0.requestTimeout = .seconds(1)
      $0.bulkTimeout = .seconds(1)
      $0.writeTimeout = .seconds(20)
      $0.maxBulkDocuments = 10
    } _: { cluster, index, _ in
      try await Self.write([Self.document(0, "before")], index)
      cluster.stall(1)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for start in 0..<8 {
          let batch = (1...10).map { Self.document(start * 10 + $0, "words") }
          group.addTask { try await Self.write(batch, index) }
        }
        try await group.waitForAll()
      }
      #expect(cluster.documents.count == 81)
    }
  }
}
