internal import Glibc
internal import Kit
internal import SQLiteIndex
internal import Search

struct SearchBenchmark {
  var folder: String

  private static let queriesOfAKind = 40
  private static let rounds = 3

  /// Latency of each kind of query, warm: the first of the rounds does not count.
  func run(_ videos: Int, _ readers: Int) async throws {
    let corpus = Corpus()
    var configuration = SQLiteIndexConfiguration(folder: self.folder)
    configuration.readers = max(configuration.readers, readers)
    let index = try await SQLiteIndex.open(configuration)
    let kinds = Queries(corpus, videos: videos, count: Self.queriesOfAKind).kinds
    for kind in kinds { try await self.measure(kind, .relevance, index) }
    for kind in kinds where Self.kindsByDate.contains(kind.name) {
      try await self.measure(kind, .newest, index)
    }
    await index.close()
  }

  private static let kindsByDate = ["commonest words", "common word", "word", "AND of two"]

  private func measure(
    _ kind: Queries.Kind, _ order: SearchOrder, _ index: SQLiteIndex
  ) async throws {
    var samples = Samples()
    var processorSamples = Samples()
    var hits = 0
    for round in 0..<Self.rounds {
      for text in kind.texts {
        let began = ContinuousClock.now
        let beganProcessor = Processor.seconds
        let results = try await index.search(SearchQuery(text: text, order: order))
        if round > 0 {
          samples.add(ContinuousClock.now - began)
          processorSamples.add(.seconds(Processor.seconds - beganProcessor))
        }
        hits += results.total
      }
    }
    let name = kind.name + (order == .newest ? ", newest first" : "")
    let space = String(repeating: " ", count: max(0, 31 - name.count))
    print(
      "\(name)\(space) p50 \(samples.milliseconds(0.5).text(2, width: 7)) ms   p99 "
        + "\(samples.milliseconds(0.99).text(2, width: 7)) ms   of processor "
        + "\(processorSamples.milliseconds(0.5).text(2, width: 7)) ms "
        + "\(processorSamples.milliseconds(0.99).text(2, width: 7)) ms   "
        + "\(hits / Self.rounds / kind.texts.count) hits")
    fflush(nil)
  }

  /// What one query costs.
  func query(_ text: String) async throws {
    let index = try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: self.folder))
    for _ in 0..<5 {
      let began = ContinuousClock.now
      do {
        let results = try await index.search(SearchQuery(text: text))
        print("\((ContinuousClock.now - began).seconds.text(4)) s, \(results.total) hits")
      } catch {
        print("\((ContinuousClock.now - began).seconds.text(4)) s: \(error)")
      }
    }
    await index.close()
  }

  /// Searches of ordinary words by several callers, without and with a writer that replaces videos.
  func mixed(_ videos: Int, _ readers: Int) async throws {
    let corpus = Corpus()
    var configuration = SQLiteIndexConfiguration(folder: self.folder)
    configuration.readers = max(1, readers)
    let index = try await SQLiteIndex.open(configuration)
    let texts = Queries(corpus, videos: videos, count: Self.queriesOfAKind).kinds.filter {
      ["common word", "word", "rare word", "AND of two", "phrase of 3"].contains($0.name)
    }.flatMap(\.texts)
    for isWriting in [false, true] {
      let writing = Task {
        var rounds: UInt64 = 2
        while isWriting, !Task.isCancelled {
          try await WriteBenchmark.write(
            "while searching", corpus, index, 0..<500, batch: 50, version: rounds)
          rounds += 1
        }
      }
      let began = ContinuousClock.now
      var all = Samples()
      try await withThrowingTaskGroup(of: Samples.self) { group in
        for caller in 0..<readers {
          group.addTask {
            var samples = Samples()
            var random = SplitMix64(seed: UInt64(caller))
            while ContinuousClock.now - began < .seconds(10) {
              let text = texts[Int(random.next() % UInt64(texts.count))]
              let start = ContinuousClock.now
              _ = try await index.search(SearchQuery(text: text))
              samples.add(ContinuousClock.now - start)
            }
            return samples
          }
        }
        for try await samples in group { all.add(samples) }
      }
      let took = (ContinuousClock.now - began).seconds
      writing.cancel()
      _ = try await writing.value
      print(
        "\(readers) callers, \(isWriting ? "with" : "no") writer: "
          + "\((Double(all.count) / took).text(0)) searches/s, p50 "
          + "\(all.milliseconds(0.5).text(2)) ms, p99 \(all.milliseconds(0.99).text(2)) ms")
    }
    await index.close()
  }
}
