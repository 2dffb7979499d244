import Foundation
import Search
internal import TestRandom
import Testing
import Transcripts

@testable import SQLiteIndex

@Suite("Searching")
struct SearchTests {
  @Test("Every phrase across the border of two captions is found, at its second")
  func phrasesOverBorders() async throws {
    try await withIndex { index in
      var corpus = Corpus(seed: 21)
      let documents = (0..<300).map { corpus.document($0, words: 300) }
      for start in stride(from: 0, to: documents.count, by: 100) {
        _ = try await index.write(Array(documents[start..<start + 100]))
      }
      var random = SeededRandom(seed: 22)
      for draw in 0..<400 {
        let words = [2, 3, 4, 5, 8][draw % 5]
        let document = try #require(documents.randomElement(using: &random))
        let segments = document.transcript.segments
        let all = segments.enumerated().flatMap { number, segment in
          segment.text.split(separator: " ").map { (word: String($0), segment: number) }
        }
        let crossing = (0...(all.count - words)).filter {
          all[$0].segment != all[$0 + words - 1].segment
        }
        let at = try #require(crossing.randomElement(using: &random))
        let phrase = all[at..<at + words].map(\.word).joined(separator: " ")
        let start = segments[all[at].segment].startMilliseconds
        var query = SearchQuery(text: "\"\(phrase)\"", pageSize: 100, momentsPerHit: 20)
        var found: SearchHit?
        repeat {
          let page = try await index.search(query)
          found = page.hits.first { $0.video.id == document.transcript.video.id }
          query.pageToken = page.nextPageToken
        } while found == nil && query.pageToken != nil
        // The link goes to the segment in which the phrase begins.
        #expect(found?.moments.contains { $0.startMilliseconds == start } == true, "\(phrase)")
        #expect(found?.moments.allSatisfy { $0.highlighted.contains(phrase) } == true, "\(phrase)")
      }
    }
  }

  @Test("In every order, on every page, a document shows the same moments")
  func momentsInEveryOrder() async throws {
    try await withIndex { index in
      var corpus = Corpus(seed: 31)
      var random = SeededRandom(seed: 32)
      let documents = (0..<150).map { number in
        var document = corpus.document(number, words: 200)
        // Some of the same instant, and before 1970.
        document.transcript.video.publishedMilliseconds = Int64(
          Int.random(in: -20...60, using: &random))
        return document
      }
      _ = try await index.write(documents)
      for text in ["the", "the and", "more", "\"of the\" OR more"] {
        for order in [SearchOrder.newest, .oldest] {
          let wanted = try await index.findAll(
            SearchQuery(text: text, pageSize: 100, order: order))
          #expect(wanted.count > 20, "\(text)")
          let found = try await index.findAll(SearchQuery(text: text, pageSize: 7, order: order))
          #expect(found == wanted, "\(text), \(order)")
          let dates = found.compactMap(\.video.publishedMilliseconds)
          #expect(dates == dates.sorted { order == .newest ? $0 > $1 : $0 < $1 })
          // With several words, an order by time weighs each of them alike.
          guard text == "the" else { continue }
          let ranked = try await index.findAll(SearchQuery(text: text, pageSize: 100))
          let moments = Dictionary(uniqueKeysWithValues: ranked.map { ($0.video.id, $0.moments) })
          #expect(found.allSatisfy { $0.moments == moments[$0.video.id] }, "\(order)")
        }
      }
    }
  }

  @Test("Operators mean what they say")
  func operators() async throws {
    try await withIndex { index in
      _ = try await index.write([
        Corpus.document(1, texts: ["the quick brown fox", "jumps over"]),
        Corpus.document(2, texts: ["the lazy dog", "sleeps"]),
        Corpus.document(3, texts: ["a quick dog", "and a fox"], title: "Brown things"),
      ])
      func found(_ text: String) async throws -> [Int] {
        try await index.find(text).map { Int($0.dropFirst().dropLast()) ?? -1 }.sorted()
      }
      #expect(try await found("quick") == [1, 3])
      #expect(try await found("QUICK fox") == [1, 3])
      #expect(try await found("\"brown fox\"") == [1])
      #expect(try await found("\"fox jumps\"") == [1])
      #expect(try await found("brown") == [1, 3])
      #expect(try await found("title:brown") == [3])
      #expect(try await found("lazy OR brown") == [1, 2, 3])
      #expect(try await found("fox -brown") == [])
      #expect(try await found("quick -dog") == [1])
      #expect(try await found("dog -(lazy OR cat)") == [3])
      #expect(try await found("qui*") == [1, 3])
      #expect(try await found("qui") == [])
      #expect(try await found("\"quick bro\"*") == [1])
      #expect(try await found("quick NEAR/1 fox") == [1])
      #expect(try await found("quick NEAR/0 fox") == [])
      #expect(try await found("(quick OR lazy) dog") == [2, 3])
      #expect(try await found("nothing") == [])
    }
  }

  @Test("Filters: channel, playlist, language, kind, video and date")
  func filters() async throws {
    try await withIndex { index in
      _ = try await index.write([
        Corpus.document(
          1, texts: ["hello"], channel: "UCa-_", language: "pt-BR", kind: .manual,
          published: 1_709_164_800_000, playlists: ["PLa"]),
        Corpus.document(
          2, texts: ["hello"], channel: "UCA-_", language: "en", published: 1_709_251_200_000,
          playlists: ["PLb"]),
      ])
      func found(_ text: String) async throws -> [String] {
        try await index.find("hello " + text).map { String($0.dropFirst(9).prefix(1)) }
      }
      #expect(try await found("channel:UCa-_") == ["1"])
      #expect(try await found("channel:UCa") == [])
      #expect(try await found("-channel:UCa-_") == ["2"])
      #expect(try await found("lang:pt") == ["1"])
      #expect(try await found("lang:PT-br") == ["1"])
      #expect(try await found("lang:p") == [])
      #expect(try await found("kind:auto") == ["2"])
      #expect(try await found("playlist:PLa playlist:PLb").count == 2)
      #expect(try await found("video:\(Corpus.videoID(2).text)") == ["2"])
      #expect(try await found("after:2024-03-01") == ["2"])
      #expect(try await found("before:2024-03-01") == ["1"])
      #expect(try await found("after:2024-02-29 before:2024-03") == ["1"])
      let query = SearchQuery(
        text: "hello",
        filters: SearchFilters(
          languageCodes: ["en", "pt-BR"], channelIDs: ["UCA-_"],
          videoIDs: [Corpus.videoID(2)], kind: .automatic))
      #expect(try await index.search(query).total == 1)
    }
  }

  @Test("No word reaches the filters' tokens, whole or by prefix")
  func filtersAreNoWords() async throws {
    try await withIndex { index in
      _ = try await index.write([Corpus.document(1, texts: ["hello"], language: "en")])
      #expect(try await index.find("l656e").isEmpty)
      #expect(try await index.find("\u{2063}l656e").isEmpty)
      #expect(try await index.find("l6*").isEmpty)
    }
  }

  @Test("Scripts: diacritics, CJK substrings, Thai, emoji beside words; highlights in the original")
  func scripts() async throws {
    try await withIndex { index in
      _ = try await index.write([
        Corpus.document(
          1, texts: ["🎉 Un Cafe\u{301} noir", "部署流程需要灰度发布", "ภาษาไทย", "Đường phố", "ＡＢＣ"])
      ])
      for (query, expected) in [
        ("café", "Cafe\u{301}"), ("流程", "流程"), ("程需要灰", "程需要灰"), ("ไทย", "ไทย"), ("duong", "Đường"),
        ("abc", "ＡＢＣ"),
      ] {
        let hits = try await index.search(SearchQuery(text: query)).hits
        #expect(hits.first?.moments.first?.highlighted == [expected], "\(query)")
      }
      #expect(try await index.find("程流").isEmpty)
    }
  }

  @Test("Links go to the second in which the words are said, the tightest place first")
  func links() async throws {
    try await withIndex { index in
      var texts = (0..<400).map { "filler text number \($0)" }
      texts[50] = "alpha alone"
      texts[100] = "beta alone"
      texts[201] = "here alpha"
      texts[202] = "and beta together"
      texts[399] = "alpha at the very end"
      _ = try await index.write([Corpus.document(1, texts: texts)])
      let query = SearchQuery(text: "alpha beta", momentsPerHit: 10)
      let hit = try #require(try await index.search(query).hits.first)
      #expect(hit.moments.count == 4)
      #expect(hit.moments[0].startMilliseconds == 201 * 5000)
      #expect(hit.moments[0].highlighted == ["alpha", "beta"])
      #expect(hit.moments[0].url(in: hit.video.id) == "https://youtu.be/v000000001x?t=1005")
      // The last segment is indexed too.
      #expect(hit.moments.map(\.startMilliseconds).contains(399 * 5000))
    }
  }

  @Test("A word in the title only gives the beginning of the video")
  func titleOnly() async throws {
    try await withIndex { index in
      _ = try await index.write([Corpus.document(1, texts: ["hello"], title: "Zebras")])
      let hit = try #require(try await index.search(SearchQuery(text: "zebras")).hits.first)
      #expect(hit.moments == [Moment(startMilliseconds: 0, text: "hello", highlights: [])])
    }
  }

  @Test("Words close together rank before the same words far apart; titles before texts")
  func ranking() async throws {
    try await withIndex { index in
      let filler = (0..<100).map { "filler text number \($0)" }
      _ = try await index.write([
        Corpus.document(1, texts: ["alpha"] + filler + ["beta"]),
        Corpus.document(2, texts: filler + ["alpha beta"]),
        Corpus.document(3, texts: filler, title: "alpha beta"),
      ])
      #expect(
        try await index.find("alpha beta")
          == [3, 2, 1].map { Corpus.videoID($0).text })
    }
  }

  @Test(
    "Pages: every hit once, in order, also while documents come in",
    arguments: [SearchOrder.relevance, .newest, .oldest])
  func paging(order: SearchOrder) async throws {
    try await withIndex { index in
      var corpus = Corpus(seed: 3)
      let documents = (0..<130).map { corpus.document($0, words: 100) }
      _ = try await index.write(documents)
      var query = SearchQuery(text: "the", pageSize: 7, order: order)
      let whole = try await index.search(SearchQuery(text: "the", pageSize: 100, order: order))
      var pages: [SearchHit] = []
      var number = 1000
      repeat {
        let page = try await index.search(query)
        #expect(page.totalIsExact)
        pages += page.hits
        query.pageToken = page.nextPageToken
        number += 1
        _ = try await index.write([
          Corpus.document(number, texts: ["nothing of note"], published: 1)
        ])
      } while query.pageToken != nil
      #expect(pages.count == whole.total)
      #expect(Set(pages.map(\.video.id)).count == pages.count)
      #expect(pages.prefix(100).map(\.video.id) == whole.hits.map(\.video.id))
      if order != .relevance {
        let dates = pages.compactMap(\.video.publishedMilliseconds)
        #expect(dates == dates.sorted(by: { order == .newest ? $0 > $1 : $0 < $1 }))
      }
    }
  }

  @Test("Random text never makes an error but that of a query without a word")
  func randomQueries() async throws {
    let environment = ProcessInfo.processInfo.environment
    let count = environment["VERBATIM_RANDOM_QUERIES"].flatMap(Int.init) ?? 20_000
    let seed = environment["VERBATIM_SEED"].flatMap(UInt64.init) ?? 1
    print("\(count) random queries from seed \(seed)")
    try await withIndex({ $0.suggestionTimeout = .zero }) { index in
      _ = try await index.write([Corpus.document(1, texts: ["a b é 部 0 OR near not and"])])
      var random = SeededRandom(seed: seed)
      let alphabet = Array("ab \"'*()^:+-{}[]\\/%_,.;~!?&|<>=#@$\0\t\n0é部NOTANDORNEAR/title:lang")
      for _ in 0..<count {
        var text = ""
        for _ in 0..<Int.random(in: 1..<14, using: &random) {
          if let next = alphabet.randomElement(using: &random) { text.append(next) }
        }
        do {
          _ = try await index.search(SearchQuery(text: text))
        } catch let error as SearchError where error.code == .invalidQuery {
          continue
        } catch {
          Issue.record("\(text.debugDescription): \(error)")
        }
      }
    }
  }

  @Test("Random Unicode never makes an error but that of a query without a word")
  func randomUnicode() async throws {
    try await withIndex({ $0.suggestionTimeout = .zero }) { index in
      _ = try await index.write([Corpus.document(1, texts: ["a é 部 ไทย कि ｶﾞ"])])
      var random = SeededRandom(seed: 2)
      for _ in 0..<3_000 {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 1..<20, using: &random) {
          let limit: UInt32 = [0x80, 0x300, 0x3100, 0x10FFFF][Int(random.next() % 4)]
          let value = UInt32.random(in: 0..<limit, using: &random)
          if let scalar = Unicode.Scalar(value) { text.append(scalar) }
        }
        do {
          _ = try await index.search(SearchQuery(text: String(text)))
        } catch let error as SearchError where error.code == .invalidQuery {
          continue
        } catch {
          Issue.record("\(String(text).debugDescription): \(error)")
        }
      }
    }
  }

  @Test("A search that takes too long, or whose caller has gone, is stopped; the next one is not")
  func stopped() async throws {
    try await withFolder { folder in
      var configuration = SQLiteIndexConfiguration(folder: folder)
      configuration.readers = 1
      let patient = try await SQLiteIndex.open(configuration)
      for start in stride(from: 0, to: 3000, by: 500) {
        _ = try await patient.write(
          (start..<start + 500).map { Corpus.document($0, texts: ["x y"]) })
      }
      configuration.searchTimeout = .zero
      let hasty = try await SQLiteIndex.open(configuration)
      for query in [
        SearchQuery(text: "x"), SearchQuery(text: "x OR y"), SearchQuery(text: "x", order: .newest),
      ] {
        await #expect {
          try await hasty.search(query)
        } throws: {
          ($0 as? SearchError)?.code == .timedOut
        }
        let cancelled = Task {
          withUnsafeCurrentTask { $0?.cancel() }
          return try await patient.search(query)
        }
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        #expect(try await patient.search(query).total == 3000)
      }
      await hasty.close()
      await patient.close()
    }
  }
}

extension SearchTests {
  @Test("A word is found in its other forms, unless it is quoted or exact words are asked for")
  func wordForms() async throws {
    try await withIndex { index in
      _ = try await index.write([
        Corpus.document(1, texts: ["he talks a lot"]), Corpus.document(2, texts: ["she talked"]),
        Corpus.document(3, texts: ["we talk"]), Corpus.document(4, texts: ["a talker"]),
      ])
      func found(_ text: String, _ forms: WordForms) async throws -> Set<VideoID> {
        Set(
          try await index.search(SearchQuery(text: text, wordForms: forms)).hits.map(\.video.id))
      }
      #expect(try await found("talking", .inflected) == Set([1, 2, 3].map { Corpus.videoID($0) }))
      #expect(try await found("talking", .exact) == [])
      #expect(try await found("\"talk\"", .inflected) == [Corpus.videoID(3)])
      #expect(try await found("talk -talked", .inflected) == [])
      #expect(try await found("talk -\"talked\"", .inflected).count == 2)
    }
  }

  @Test("All forms of a word score as one word, and are highlighted")
  func formsScoreAsOne() async throws {
    try await withIndex { index in
      _ = try await index.write([
        Corpus.document(1, texts: ["talk talks talked of it"]),
        Corpus.document(2, texts: ["talk talk talk of it"]),
        Corpus.document(3, texts: ["nothing of it here"]),
      ])
      for text in ["talk", "talk it"] {
        let hits = try await index.search(SearchQuery(text: text)).hits
        #expect(hits.count == 2)
        #expect(abs(hits[0].score - hits[1].score) < 1e-9, "\(text)")
      }
      let hits = try await index.search(SearchQuery(text: "talking")).hits
      let first = try #require(hits.first { $0.video.id == Corpus.videoID(1) }?.moments.first)
      #expect(first.highlighted == ["talk", "talks", "talked"])
    }
  }
}
