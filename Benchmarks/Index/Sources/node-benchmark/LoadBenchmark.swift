internal import ElasticsearchIndex
internal import HTTPClient
internal import JSON
internal import Kit
internal import Search
internal import Transcripts

/// How fast videos get into a search server: by our index, and by a raw loader with bodies made beforehand.
///
/// In turns, each into a new index. The raw loader sends plain documents (identifier, title, text, a few fields), and once
/// more what our index has stored: beside the first our whole model is measured, beside the second our client alone.
struct LoadBenchmark {
  var url: String
  var videos: Int
  var batch: Int
  var streams: Int
  /// Of everything that is made in the server.
  var prefix: String
  let corpus = Corpus()

  /// What one round has measured, in videos a second.
  struct Round {
    var ours = 0.0
    var plain = 0.0
    var copied = 0.0
    /// Of processor, microseconds of this process for a video of ours.
    var oursProcessor = 0.0
    /// Of processor, microseconds of the server for a video, in the order of the fields above.
    var server = (ours: 0.0, plain: 0.0, copied: 0.0)
  }

  /// The names that the search benchmark goes on with: those of the last round stay.
  var oursPrefix: String { "\(self.prefix)-ours" }
  var plainIndex: String { "\(self.prefix)-plain" }

  func run(_ node: RawNode, _ number: Int) async throws -> Round {
    var round = Round()
    let range = number * self.videos..<(number + 1) * self.videos
    let bodies = self.plainBodies(range)
    let documents = stride(from: range.lowerBound, to: range.upperBound, by: self.batch).map {
      ($0..<min($0 + self.batch, range.upperBound)).map { self.corpus.document($0) }
    }
    func plain() async throws {
      try await self.makePlain(node)
      (round.plain, round.server.plain) = try await self.rate(node) {
        try await node.load(bodies, streams: self.streams)
        // Ours are findable when the last write returns.
        try await node.send(.post, "/\(self.plainIndex)/_refresh")
      }
    }
    // Neither is always the first.
    if number % 2 == 0 { try await plain() }
    try await self.removeOurs()
    let index = try await self.open()
    // The index and its template are made beforehand, as the raw loader's are.
    _ = try await index.write([self.corpus.document(range.upperBound)], to: .default)
    let processor = Processor.seconds
    (round.ours, round.server.ours) = try await self.rate(node) {
      try await self.write(documents, index)
    }
    round.oursProcessor = (Processor.seconds - processor) * 1e6 / Double(self.videos)
    await index.close()
    if number % 2 == 1 { try await plain() }
    // By the template of ours, because its name begins as theirs do.
    let copy = "\(self.oursPrefix).copy.v1"
    try await node.send(.post, "/\(self.oursPrefix).default/_refresh")
    let copies = try await node.copies(
      of: "\(self.oursPrefix).default", to: copy, batch: self.batch)
    try await node.send(.put, "/\(copy)")
    (round.copied, round.server.copied) = try await self.rate(node) {
      try await node.load(copies, streams: self.streams)
      try await node.send(.post, "/\(copy)/_refresh")
    }
    try await node.send(.delete, "/\(copy)")
    return round
  }

  func open() async throws -> ElasticsearchIndex {
    var configuration = ElasticsearchConfiguration(hosts: [self.url])
    configuration.prefix = self.oursPrefix
    configuration.replicas = 0
    configuration.maxBulkRequests = self.streams
    return try await ElasticsearchIndex(configuration)
  }

  func removeOurs() async throws {
    let index = try await self.open()
    try await index.removeAll()
    await index.close()
  }

  /// As the indexer does: four batches for each request that may be on its way, so that some are made meanwhile.
  private func write(_ batches: [[IndexDocument]], _ index: ElasticsearchIndex) async throws {
    let writers = 4 * self.streams
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<writers {
        group.addTask {
          for number in stride(from: writer, to: batches.count, by: writers) {
            _ = try await index.write(batches[number], to: .default)
          }
        }
      }
      try await group.waitForAll()
    }
  }

  /// - Returns: Videos a second, and microseconds of the server's processor for a video.
  private func rate(
    _ node: RawNode, _ body: () async throws -> Void
  ) async throws -> (Double, Double) {
    let processor = try await node.processorSeconds()
    let began = ContinuousClock.now
    try await body()
    let took = (ContinuousClock.now - began).seconds
    let used = try await node.processorSeconds() - processor
    return (Double(self.videos) / took, used * 1e6 / Double(self.videos))
  }

  // MARK: Plain documents

  private func makePlain(_ node: RawNode) async throws {
    do {
      try await node.send(.delete, "/\(self.plainIndex)")
    } catch is RawNode.Refused {
      // Not there yet.
    }
    _ = try await node.send(
      .put, "/\(self.plainIndex)",
      """
      {"settings":{"number_of_shards":1,"number_of_replicas":0,"refresh_interval":"5s"},"mappings":{"dynamic":"strict",
      "properties":{"id":{"type":"keyword"},"video":{"type":"keyword"},"channel":{"type":"keyword"},
      "language":{"type":"keyword"},"kind":{"type":"keyword"},"published":{"type":"long"},"title":{"type":"text"},
      "text":{"type":"text","index_options":"offsets"}}}}
      """)
  }

  private func plainBodies(_ range: Range<Int>) -> [[UInt8]] {
    stride(from: range.lowerBound, to: range.upperBound, by: self.batch).map { start in
      var writer = JSONWriter()
      for number in start..<min(start + self.batch, range.upperBound) {
        let transcript = self.corpus.document(number).transcript
        let id = transcript.video.id.text + ".en"
        RawNode.operation(self.plainIndex, id, &writer)
        writer.object { writer in
          writer.member("id", id)
          writer.member("video", transcript.video.id.text)
          writer.member("channel", transcript.video.channelID)
          writer.member("language", "en")
          writer.member("kind", "automatic")
          writer.member("published", transcript.video.publishedMilliseconds ?? 0)
          writer.member("title", transcript.video.title)
          writer.member("text", transcript.segments.map(\.text).joined(separator: " "))
        }
        writer.endLine()
      }
      return writer.bytes
    }
  }
}
