import ElasticsearchIndex
import HTTPServer
import JSON
import Networking
import Search
import SearchIndexKit
import Testing
import Transcripts

@Suite("Elasticsearch index and faulty clusters")
@NetworkActor
struct FaultTests {
  @Test(
    "Every version and product is understood, and asked nothing that it refuses",
    arguments: ScriptedCluster.Product.all)
  func versions(_ product: ScriptedCluster.Product) async throws {
    try await withCluster { cluster, index, _ in
      cluster.product = product
      let documents = someDocuments(3)
      expectOutcomes(
        try await index.write(documents, to: .default), [.indexed, .indexed, .indexed])
      expectOutcomes(
        try await index.write(documents, to: .default), [.unchanged, .unchanged, .unchanged])
      #expect(cluster.documents.count == 3)
      #expect(cluster.bulkSizes == [3], "what is unchanged is not sent")
    }
  }

  @Test("Something that is neither product, or too old, is named")
  func otherProducts() async throws {
    for root in [#"{"hello":"world"}"#, #"{"version":{"number":"6.8.0"}}"#] {
      try await withCluster { cluster, index, _ in
        cluster.product = .init(description: "", root: root, hasProductHeader: false)
        let error = await #expect(throws: SearchError.self) {
          try await index.write(someDocuments(1), to: .default)
        }
        #expect(error?.code == .misconfigured)
      }
    }
  }

  @Test("An item that is too much for the cluster is sent again, alone, until it is taken")
  func busyItems() async throws {
    try await withCluster { cluster, index, _ in
      cluster.itemFaults["v0000000001.en"] = [
        (429, "es_rejected_execution_exception"), (429, "rejected_execution_exception"),
        (503, "unavailable_shards_exception"),
      ]
      expectOutcomes(
        try await index.write(someDocuments(3), to: .default), [.indexed, .indexed, .indexed])
      #expect(cluster.bulkSizes == [3, 1, 1, 1])
      #expect(cluster.documents.count == 3)
    }
  }

  @Test("A storm of 429 and 503 for whole requests delays, and loses nothing")
  func storm() async throws {
    try await withCluster { cluster, index, _ in
      cluster.bulkFaults = (0..<6).map {
        ScriptedCluster.error($0 % 2 == 0 ? 429 : 503, "es_rejected_execution_exception", "busy")
      }
      expectOutcomes(try await index.write(someDocuments(2), to: .default), [.indexed, .indexed])
      #expect(cluster.documents.count == 2)
    }
  }

  @Test("A cluster that stays overloaded is an error, and nothing counts as written")
  func overload() async throws {
    try await withCluster {
      $0.writeTimeout = .seconds(2)
    } _: { cluster, index, _ in
      cluster.itemFaults["v0000000000.en"] = Array(
        repeating: (429, "es_rejected_execution_exception"), count: 10_000)
      let error = await #expect(throws: SearchError.self) {
        try await index.write(someDocuments(1), to: .default)
      }
      #expect(error?.code == .unavailable)
      cluster.itemFaults = [:]
      expectOutcomes(try await index.write(someDocuments(1), to: .default), [.indexed])
    }
  }

  @Test("A full disk is told as such")
  func fullDisk() async throws {
    try await withCluster {
      $0.writeTimeout = .seconds(2)
    } _: { cluster, index, _ in
      cluster.itemFaults["v0000000000.en"] = Array(
        repeating: (429, "cluster_block_exception"), count: 10_000)
      let error = await #expect(throws: SearchError.self) {
        try await index.write(someDocuments(1), to: .default)
      }
      #expect(error?.code == .storageFull)
    }
  }

  @Test("A document that the server refuses goes with the server's reason, the others are written")
  func refusedDocument() async throws {
    try await withCluster { cluster, index, _ in
      cluster.itemFaults["v0000000001.en"] = [(400, "document_parsing_exception")]
      let outcomes = try await index.write(someDocuments(3), to: .default)
      #expect(outcomes[0] == .indexed && outcomes[2] == .indexed)
      #expect(outcomes[1].reason?.contains("because of document_parsing_exception") == true)
    }
  }

  @Test("A conflict means that somebody else wrote it: it is looked at again")
  func conflict() async throws {
    try await withCluster { cluster, index, _ in
      cluster.itemFaults["v0000000000.en"] = [(409, "version_conflict_engine_exception")]
      expectOutcomes(try await index.write(someDocuments(1), to: .default), [.indexed])
      #expect(cluster.requests.filter { $0.hasPrefix("POST /_mget") }.count == 2)
    }
  }

  @Test("A request that is too large is halved until it is not")
  func tooLarge() async throws {
    try await withCluster { cluster, index, _ in
      cluster.maxBulkBytes = 2_000
      expectOutcomes(
        try await index.write(someDocuments(16), to: .default),
        Array(repeating: .indexed, count: 16))
      #expect(cluster.documents.count == 16)
      #expect(cluster.bulkSizes.allSatisfy { $0 < 16 })
    }
  }

  @Test("A document that is too large for the server alone is rejected, the others are written")
  func documentTooLarge() async throws {
    try await withCluster { cluster, index, _ in
      cluster.maxBulkBytes = 2_000
      var documents = someDocuments(3)
      documents[1].transcript.segments[0].text = String(repeating: "long ", count: 1_000)
      let outcomes = try await index.write(documents, to: .default)
      #expect(outcomes[0] == .indexed && outcomes[2] == .indexed)
      #expect(outcomes[1].reason?.contains("takes no document of") == true)
    }
  }

  @Test("An identifier that would fail a whole batch is never sent")
  func longIdentifier() async throws {
    try await withCluster { cluster, index, _ in
      var documents = someDocuments(2)
      documents[0].transcript.track.languageCode = String(repeating: "x", count: 600)
      let outcomes = try await index.write(documents, to: .default)
      #expect(outcomes[0].reason?.contains("512") == true)
      #expect(outcomes[1] == .indexed)
    }
  }

  @Test("A closed index or a missing alias is no fault of the document")
  func setUpFaults() async throws {
    for fault in [(400, "index_closed_exception"), (404, "index_not_found_exception")] {
      try await withCluster { cluster, index, _ in
        cluster.itemFaults["v0000000000.en"] = Array(repeating: fault, count: 100)
        let error = await #expect(throws: SearchError.self) {
          try await index.write(someDocuments(1), to: .default)
        }
        #expect(error?.code == .unavailable, "\(fault)")
        cluster.itemFaults = [:]
        expectOutcomes(try await index.write(someDocuments(1), to: .default), [.indexed])
      }
    }
  }

  @Test("A whole request that is refused is halved to find the document that is to blame")
  func refusedRequest() async throws {
    try await withCluster { cluster, index, _ in
      cluster.bulkFaults = [ScriptedCluster.error(400, "illegal_argument_exception", "no")]
      expectOutcomes(
        try await index.write(someDocuments(4), to: .default), Array(repeating: .indexed, count: 4))
      #expect(cluster.bulkSizes == [2, 2])
    }
  }

  @Test("An answer that is cut off or nonsense is no outcome: the same is sent again")
  func nonsense() async throws {
    try await withCluster { cluster, index, _ in
      cluster.bulkFaults = [HTTPResponse(status: 200, body: .hangUp)]
      expectOutcomes(try await index.write(someDocuments(2), to: .default), [.indexed, .indexed])
      cluster.bulkFaults = [.json(Array(#"{"took":1,"errors":false,"items":[]}"#.utf8))]
      let documents = someDocuments(4)
      await #expect(throws: SearchError.self) { try await index.write(documents, to: .default) }
      _ = try await index.write(documents, to: .default)
      #expect(cluster.documents.count == 4)
    }
  }

  @Test("When a node dies, the others are asked")
  func dyingNode() async throws {
    try await withCluster(nodes: 3) { cluster, index, servers in
      expectOutcomes(try await index.write(someDocuments(1), to: .default), [.indexed])
      servers[0].beginGracefulShutdown()
      servers[2].beginGracefulShutdown()
      for number in 1..<10 {
        let document = Corpus.document("vX00000000\(number)", ["more"])
        expectOutcomes(try await index.write([document], to: .default), [.indexed])
      }
      #expect(cluster.documents.count == 10)
    }
  }

  @Test("A cluster that is away is a problem that goes away with it, and so are credentials")
  func problems() async throws {
    try await withCluster {
      $0.checkInterval = .milliseconds(5)
    } _: { cluster, index, _ in
      #expect(await index.problem != nil, "nobody has answered yet")
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await index.run() }
        func waitUntil(_ isReached: (String?) -> Bool) async {
          while !isReached(await index.problem) { await Task.yield() }
        }
        await waitUntil { $0 == nil }
        cluster.refusal = ScriptedCluster.error(401, "security_exception", "missing credentials")
        await waitUntil { $0?.contains("credentials") == true }
        cluster.refusal = nil
        await waitUntil { $0 == nil }
        group.cancelAll()
        try await group.waitForAll()
      }
    }
  }

  @Test("Requests carry the credentials, a known length, and gzip when asked for")
  func headers() async throws {
    for (credentials, wanted) in [
      (ElasticsearchConfiguration.Credentials.basic(user: "u", password: "p"), "Basic dTpw"),
      (.apiKey("abc"), "ApiKey abc"), (.bearer("tok"), "Bearer tok"),
    ] {
      try await withCluster {
        $0.credentials = credentials
      } _: { cluster, index, _ in
        _ = try await index.write(someDocuments(1), to: .default)
        #expect(cluster.headers.allSatisfy { $0["Authorization"] == wanted })
        #expect(
          cluster.headers.allSatisfy {
            $0["Content-Type"] == nil || $0["Content-Length"] != nil
          })
      }
    }
    try await withCluster {
      $0.compressesRequests = true
    } _: { cluster, index, _ in
      // The scripted server does not decompress: what it sees is enough.
      _ = try? await index.write(someDocuments(1), to: .default)
      #expect(cluster.headers.contains { $0["Content-Encoding"] == "gzip" })
    }
  }

  @Test("Batches of several callers share requests, within the bounds")
  func sharedRequests() async throws {
    try await withCluster {
      $0.maxBulkDocuments = 10
      $0.maxBulkRequests = 1
      $0.linger = .milliseconds(20)
    } _: { cluster, index, _ in
      let documents = someDocuments(40)
      _ = try await index.write([documents[0]], to: .default)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 1..<40 {
          group.addTask { _ = try await index.write([documents[number]], to: .default) }
        }
        try await group.waitForAll()
      }
      #expect(cluster.documents.count == 40)
      #expect(cluster.bulkSizes.allSatisfy { $0 <= 10 })
      #expect(cluster.bulkSizes.count < 40)
    }
  }

  @Test("Writes at the same time are made findable by one refresh, whichever of them ends last")
  func sharedRefresh() async throws {
    try await withCluster(nodes: 2) {
      $0.refreshInterval = .seconds(3600)
    } _: { cluster, index, _ in
      let documents = someDocuments(9)
      expectOutcomes(try await index.write([documents[0]], to: .default), [.indexed])
      #expect(cluster.refreshCount == 1, "a write alone is findable when it returns")
      // One of the two hangs in its look at what is there; it will find that nothing has changed.
      cluster.stall(0)
      cluster.stall(1)
      async let last = index.write([documents[0]], to: .default)
      while cluster.heldCount < 1 { await Task.yield() }
      cluster.holdsNewRequests = false
      for document in documents[1...] {
        expectOutcomes(try await index.write([document], to: .default), [.indexed])
      }
      #expect(cluster.refreshCount == 1, "another write goes on")
      cluster.resume(0)
      cluster.resume(1)
      expectOutcomes(try await last, [.unchanged])
      #expect(cluster.refreshCount == 2, "the last one makes the others' findable")
    }
  }
}
