internal import Kit
internal import SQLiteIndex
internal import Search

struct WriteBenchmark {
  var folder: String

  /// Writes new videos, the same again, and other texts for the same videos. Two processes that write one folder at the
  /// same time are given different videos by `first`.
  func run(_ videos: Int, _ batch: Int, from first: Int = 0) async throws {
    let range = first..<first + videos
    let corpus = Corpus()
    let index = try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: self.folder))
    try await Self.write("new", corpus, index, range, batch: batch)
    try await Self.write("unchanged", corpus, index, range, batch: batch)
    try await Self.write("replaced", corpus, index, range, batch: batch, version: 1)
    let statistics = try await index.statistics(of: .default)
    print("\(statistics.documents) documents, \(statistics.sizeBytes) bytes")
    await index.close()
  }

  /// Writes new videos, and nothing else afterwards: for two processes that are to be at work for the same time.
  func runNew(_ videos: Int, _ batch: Int, from first: Int) async throws {
    let index = try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: self.folder))
    try await Self.write("new", Corpus(), index, first..<first + videos, batch: batch)
    await index.close()
  }

  /// Adds videos until there are `videos`.
  func grow(_ videos: Int, _ batch: Int) async throws {
    let corpus = Corpus()
    let index = try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: self.folder))
    var count = try await index.statistics(of: .default).videos
    while count < videos {
      let end = min(videos, count + 5000)
      try await Self.write("\(count)..<\(end)", corpus, index, count..<end, batch: batch)
      count = end
    }
    let statistics = try await index.statistics(of: .default)
    print("\(statistics.documents) documents, \(statistics.sizeBytes) bytes")
    await index.close()
  }

  static func write(
    _ name: String, _ corpus: Corpus, _ index: SQLiteIndex, _ videos: Range<Int>, batch: Int,
    version: UInt64 = 0
  ) async throws {
    var samples = Samples()
    var processorSamples = Samples()
    var time = Duration.zero
    var processorSeconds = 0.0
    var bytes = 0
    for start in stride(from: videos.lowerBound, to: videos.upperBound, by: batch) {
      let documents = (start..<min(start + batch, videos.upperBound)).map {
        corpus.document($0, version: version, playlists: ["PL\($0 / 1000)"])
      }
      bytes += documents.reduce(0) { $0 + Corpus.bytes($1) }
      let began = ContinuousClock.now
      let beganProcessor = Processor.seconds
      _ = try await index.write(documents, to: .default)
      let took = ContinuousClock.now - began
      let tookProcessor = Processor.seconds - beganProcessor
      processorSamples.add(.seconds(tookProcessor))
      processorSeconds += tookProcessor
      samples.add(took)
      time += took
    }
    let rate = Double(videos.count) / time.seconds
    print(
      "\(name), batches of \(batch): \(rate.text(0)) videos/s, "
        + "\((Double(bytes) / 1e6 / time.seconds).text(1)) MB/s of text, "
        + "\((Double(videos.count) / processorSeconds).text(0)) videos per processor second; batch p50 "
        + "\(samples.milliseconds(0.5).text(1)) ms, p99 \(samples.milliseconds(0.99).text(1)) ms, of "
        + "processor \(processorSamples.milliseconds(0.5).text(1)) ms, "
        + "\(processorSamples.milliseconds(0.99).text(1)) ms, most "
        + "\(processorSamples.milliseconds(1).text(1)) ms")
  }
}
