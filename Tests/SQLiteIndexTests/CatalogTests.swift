import Foundation
import Search
import Testing
import Transcripts

@testable import SQLiteIndex

@Suite("Indexes by name")
struct CatalogTests {
  let talks = IndexName("talks")!
  let songs = IndexName("songs")!

  func code(_ body: () async throws -> Void) async -> SearchError.Code? {
    do {
      try await body()
      return nil
    } catch {
      return (error as? SearchError)?.code
    }
  }

  @Test("Writing makes an index; each holds its own documents")
  func separate() async throws {
    try await withIndex { index in
      _ = try await index.write([Corpus.document(1, texts: ["hello"])], to: talks)
      _ = try await index.write([Corpus.document(2, texts: ["hello"])], to: .default)
      let found = try await index.search(SearchQuery(index: talks, text: "hello"))
      #expect(found.hits.map(\.video.id) == [Corpus.videoID(1)])
      #expect(try await index.search(SearchQuery(text: "hello")).total == 1)
      #expect(
        try await index.indexes().map { "\($0.index) \($0.documents)" } == ["default 1", "talks 1"])
      #expect(
        await code { _ = try await index.search(SearchQuery(index: songs, text: "a")) }
          == .noSuchIndex)
      #expect(await code { _ = try await index.statistics(of: songs) } == .noSuchIndex)
    }
  }

  @Test("Indexes are made and deleted; an empty one is searched too")
  func life() async throws {
    try await withIndex { index in
      #expect(try await index.createIndex(talks))
      #expect(try await index.createIndex(talks) == false)
      #expect(try await index.search(SearchQuery(index: talks, text: "hello")).total == 0)
      #expect(try await index.remove([Corpus.videoID(1)], from: talks) == 0)
      try await index.verify(talks)
      try await index.optimize(talks)
      _ = try await index.write([Corpus.document(1, texts: ["hello"])], to: talks)
      #expect(try await index.deleteIndex(talks))
      #expect(try await index.deleteIndex(talks) == false)
      #expect(
        await code { _ = try await index.search(SearchQuery(index: talks, text: "a")) }
          == .noSuchIndex)
      _ = try await index.write([Corpus.document(2, texts: ["hello"])], to: talks)
      #expect(
        try await index.search(SearchQuery(index: talks, text: "hello")).hits.map(\.video.id)
          == [Corpus.videoID(2)])
    }
  }

  @Test("The default index is emptied, and goes on")
  func emptied() async throws {
    try await withIndex { index in
      _ = try await index.write((0..<30).map { Corpus.document($0, texts: ["hello \($0)"]) })
      #expect(try await index.deleteIndex(.default))
      #expect(try await index.statistics().documents == 0)
      #expect(try await index.search(SearchQuery(text: "hello")).total == 0)
      _ = try await index.write([Corpus.document(3, texts: ["hello"])])
      #expect(try await index.search(SearchQuery(text: "hello")).total == 1)
      try await index.verify()
    }
  }

  @Test("What one process deletes and makes again, another that had it open finds anew")
  func acrossProcesses() async throws {
    try await withFolder { folder in
      let first = try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: folder))
      let second = try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: folder))
      _ = try await first.write([Corpus.document(1, texts: ["old"])], to: talks)
      _ = try await second.write([Corpus.document(2, texts: ["old"])], to: talks)
      #expect(try await second.search(SearchQuery(index: talks, text: "old")).total == 2)
      #expect(try await first.deleteIndex(talks))
      _ = try await first.write([Corpus.document(3, texts: ["new"])], to: talks)
      #expect(try await second.search(SearchQuery(index: talks, text: "old")).total == 0)
      #expect(try await second.search(SearchQuery(index: talks, text: "new")).total == 1)
      _ = try await second.write([Corpus.document(4, texts: ["new"])], to: talks)
      #expect(try await first.search(SearchQuery(index: talks, text: "new")).total == 2)
      #expect(try await first.deleteIndex(talks))
      #expect(
        await code { _ = try await second.search(SearchQuery(index: talks, text: "a")) }
          == .noSuchIndex)
      let left = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/indexes")
      #expect(left == [])
      await first.close()
      await second.close()
    }
  }

  @Test("An alias is a name for reading and writing, and changes in one step")
  func aliases() async throws {
    try await withIndex { index in
      let current = IndexName("current")!
      _ = try await index.write([Corpus.document(1, texts: ["hello"])], to: talks)
      _ = try await index.createIndex(songs)
      try await index.setAlias(current, to: talks)
      #expect(try await index.aliases() == [IndexAlias(current, of: talks)])
      #expect(try await index.search(SearchQuery(index: current, text: "hello")).total == 1)
      try await index.setAlias(current, to: songs)
      #expect(try await index.search(SearchQuery(index: current, text: "hello")).total == 0)
      _ = try await index.write([Corpus.document(2, texts: ["hello"])], to: current)
      #expect(try await index.statistics(of: songs).documents == 1)
      #expect(await code { _ = try await index.deleteIndex(songs) } == .conflict)
      #expect(await code { _ = try await index.deleteIndex(current) } == .conflict)
      #expect(await code { _ = try await index.createIndex(current) } == .conflict)
      #expect(await code { try await index.setAlias(talks, to: songs) } == .conflict)
      #expect(await code { try await index.setAlias(.default, to: songs) } == .conflict)
      let other = IndexName("other")!
      #expect(
        await code { try await index.setAlias(other, to: IndexName("none")!) } == .noSuchIndex)
      try await index.setAlias(current, to: nil)
      try await index.setAlias(current, to: nil)
      #expect(try await index.aliases() == [])
      #expect(try await index.deleteIndex(songs))
    }
  }

  @Test("What a process left behind that died while it made an index is cleared away")
  func sweep() async throws {
    try await withFolder { folder in
      let index = try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: folder))
      _ = try await index.write([Corpus.document(1, texts: ["hello"])], to: talks)
      await index.close()
      let left = "\(folder)/indexes/.songs-1"
      try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: true)
      try "x".write(toFile: "\(left)/shard-0001.sqlite", atomically: true, encoding: .utf8)
      let again = try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: folder))
      #expect(!FileManager.default.fileExists(atPath: left))
      #expect(try await again.search(SearchQuery(index: talks, text: "hello")).total == 1)
      await again.close()
    }
  }
}
