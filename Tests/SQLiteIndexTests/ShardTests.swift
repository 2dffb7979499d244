import Foundation
import Search
import Testing
import Transcripts

@testable import SQLiteIndex

/// Several indexes on one folder, as several indexers of one machine have.
@Suite("Shards")
struct ShardTests {
  /// Runs `body` with `count` indexes on one folder.
  func withIndexes(
    _ count: Int, _ body: ([SQLiteIndex]) async throws -> Void
  ) async throws {
    try await withFolder { folder in
      var indexes: [SQLiteIndex] = []
      for _ in 0..<count {
        indexes.append(try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: folder)))
      }
      try await body(indexes)
      for index in indexes { await index.close() }
    }
  }

  @Test("Each index writes a shard of its own, and all of them find everything at once")
  func ownShards() async throws {
    try await withIndexes(3) { indexes in
      for (number, index) in indexes.enumerated() {
        #expect(try await index.write([Corpus.document(number, texts: ["hello"])]) == [.indexed])
        for other in indexes {
          #expect(try await other.find("hello").count == number + 1)
          let transcript = try await other.transcript(of: Corpus.videoID(number), languageCode: nil)
          #expect(transcript?.segments.first?.text == "hello")
        }
      }
      let statistics = try await indexes[0].statistics()
      #expect(statistics.shards == 3)
      #expect(statistics.documents == 3)
      #expect(statistics.videos == 3)
    }
  }

  @Test("A video that lives in another's shard is replaced there, with all its tracks")
  func replacedInPlace() async throws {
    try await withIndexes(2) { indexes in
      let first = indexes[0]
      let second = indexes[1]
      _ = try await first.write([Corpus.document(1, texts: ["first version"], playlists: ["PLa"])])
      let again = Corpus.document(1, texts: ["first version"])
      #expect(try await second.write([again]) == [.unchanged])
      #expect(
        try await second.write([
          Corpus.document(1, texts: ["second version"], playlists: ["PLb"]),
          Corpus.document(1, texts: ["zweite Fassung"], language: "de"),
          Corpus.document(2, texts: ["another"]),
        ]) == [.indexed, .indexed, .indexed])
      for index in indexes {
        #expect(try await index.find("first").isEmpty)
        #expect(try await index.find("second playlist:PLa").count == 1)
        #expect(try await index.find("second playlist:PLb").count == 1)
        let statistics = try await index.statistics()
        #expect(statistics.documents == 3)
        // Counted in each shard: a video is in one of them only.
        #expect(statistics.videos == 2)
      }
      #expect(try await second.remove([Corpus.videoID(1)]) == 2)
      #expect(try await first.find("second").isEmpty)
      try await first.verify()
    }
  }

  @Test("Indexes that meet the same new videos at the same time put each of them into one shard")
  func sameVideosAtOnce() async throws {
    try await withIndexes(4) { indexes in
      for round in 0..<10 {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for index in indexes {
            group.addTask {
              let batch = (0..<20).map {
                Corpus.document(round * 20 + $0, texts: ["round \(round) of", "all writers"])
              }
              _ = try await index.write(batch.shuffled())
            }
          }
          try await group.waitForAll()
        }
      }
      let statistics = try await indexes[0].statistics()
      #expect(statistics.documents == 200)
      #expect(statistics.videos == 200)
      #expect(
        Set(try await indexes[3].findAll(SearchQuery(text: "round")).map(\.video.id)).count == 200)
      try await indexes[0].verify()
    }
  }

  @Test("Scores are those of a single shard, however the documents are spread")
  func comparableScores() async throws {
    var corpus = Corpus(seed: 12, vocabulary: 2000)
    let documents = (0..<90).map { corpus.document($0, words: 40 + $0 * 3) }
    let queries = ["the", "the OR because", "when people", "\"of the\" OR now", "th* -because"]
    var single: [[SearchHit]] = []
    try await withIndex { index in
      _ = try await index.write(documents)
      for text in queries { single.append(try await index.findAll(SearchQuery(text: text))) }
    }
    try await withIndexes(3) { indexes in
      // Unevenly.
      _ = try await indexes[0].write(Array(documents[..<60]))
      _ = try await indexes[1].write(Array(documents[60..<85]))
      _ = try await indexes[2].write(Array(documents[85...]))
      for (text, expected) in zip(queries, single) {
        let hits = try await indexes[1].findAll(SearchQuery(text: text))
        // Equal scores may come in another order.
        #expect(hits.map(\.score) == expected.map(\.score), "\(text)")
        #expect(Set(hits.map(\.video.id)) == Set(expected.map(\.video.id)), "\(text)")
      }
    }
  }

  @Test(
    "Pages over shards: every hit once, also of equal scores, whichever index answers",
    arguments: [SearchOrder.relevance, .newest, .oldest])
  func pages(order: SearchOrder) async throws {
    try await withIndexes(3) { indexes in
      for number in 0..<60 {
        // All alike but for their dates, and of those there are five.
        _ = try await indexes[number % 3].write([
          Corpus.document(number, texts: ["all the same"], published: Int64(number % 5) * 1000)
        ])
      }
      var query = SearchQuery(text: "same", pageSize: 7, order: order)
      var found: [VideoID] = []
      var page = 0
      repeat {
        let results = try await indexes[page % 3].search(query)
        #expect(results.total == 60)
        found += results.hits.map(\.video.id)
        query.pageToken = results.nextPageToken
        page += 1
      } while query.pageToken != nil
      #expect(found.count == 60)
      #expect(Set(found).count == 60)
      #expect(page == 9)
    }
  }

  @Test("A token of another query, or one that is made up, is refused")
  func foreignTokens() async throws {
    try await withIndex { index in
      _ = try await index.write((0..<30).map { Corpus.document($0, texts: ["one two"]) })
      let token = try await index.search(SearchQuery(text: "one", pageSize: 5)).nextPageToken
      for query in [
        SearchQuery(text: "two", pageToken: token),
        SearchQuery(text: "one", pageToken: token, order: .newest),
        SearchQuery(text: "one", pageToken: token, filters: SearchFilters(kind: .automatic)),
        SearchQuery(text: "one", pageToken: "AAAA"),
        SearchQuery(
          text: "one two",
          pageToken: PageToken(sortKey: 1, shard: 0, row: 0, statistics: [1])
            .encoded(for: SearchQuery(text: "one two"))),
      ] {
        await #expect {
          try await index.search(query)
        } throws: {
          ($0 as? SearchError)?.code == .invalidPageToken
        }
      }
    }
  }

  @Test("A shard that is given back is taken again; more indexes than shards are refused")
  func shardsAreTaken() async throws {
    try await withFolder { folder in
      var configuration = SQLiteIndexConfiguration(folder: folder)
      configuration.maxShards = 2
      let first = try await SQLiteIndex.open(configuration)
      let second = try await SQLiteIndex.open(configuration)
      let refused = configuration
      await #expect {
        _ = try await SQLiteIndex.open(refused)
      } throws: {
        ($0 as? SearchError)?.code == .misconfigured
      }
      _ = try await first.write([Corpus.document(1, texts: ["hello"])])
      await first.close()
      let third = try await SQLiteIndex.open(configuration)
      #expect(try await third.find("hello").count == 1)
      _ = try await third.write([Corpus.document(2, texts: ["hello"])])
      #expect(try await second.statistics().shards == 2)
      #expect(try await second.find("hello").count == 2)
      await second.close()
      await third.close()
    }
  }
}
