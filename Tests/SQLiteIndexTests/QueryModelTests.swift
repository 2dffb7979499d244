import Foundation
import Search
internal import TestRandom
import Testing
import Transcripts

@testable import SQLiteIndex

/// Queries made at random, and answered a second time by going through the words.
@Suite("Queries against a model")
struct QueryModelTests {
  /// A document as the model knows it.
  struct Document {
    var id: String
    var title: [String]
    var text: [String]
  }

  static let words = ["ab", "abc", "b", "ba", "c", "x"]

  static func query(_ random: inout SeededRandom, depth: Int) -> String {
    func word() -> String {
      let word = Self.words[Int(random.next() % UInt64(Self.words.count))]
      switch random.next() % 8 {
      case 0: return word + "*"
      case 1: return "\"\(word) \(Self.words[Int(random.next() % UInt64(Self.words.count))])\""
      case 2: return "title:\(word)"
      case 3: return "\"\(word) a\"*"
      default: return word
      }
    }
    guard depth > 0 else { return word() }
    let parts = (0..<2 + Int(random.next() % 2)).map { _ in Self.query(&random, depth: depth - 1) }
    switch random.next() % 7 {
    case 0: return parts.joined(separator: " OR ")
    case 1: return "(" + parts.joined(separator: " OR ") + ")"
    case 2: return "\(parts[0]) -(\(parts[1]))"
    case 3: return "\(word()) NEAR/\(random.next() % 3) \(word())"
    case 4: return "\(parts[0]) NOT \(word())"
    case 5: return "(\(parts[0])) (\(parts[1]))"
    default: return parts.joined(separator: " ")
    }
  }

  /// Where the phrase begins.
  static func starts(_ phrase: QueryPhrase, in tokens: [String]) -> [Int] {
    guard tokens.count >= phrase.tokens.count else { return [] }
    return (0...tokens.count - phrase.tokens.count).filter { start in
      phrase.tokens.indices.allSatisfy { index in
        let token = tokens[start + index]
        let isLast = index == phrase.tokens.count - 1
        return isLast && phrase.isPrefix
          ? token.hasPrefix(phrase.tokens[index]) : token == phrase.tokens[index]
      }
    }
  }

  static func columns(_ field: QueryPhrase.Field, _ document: Document) -> [[String]] {
    field == .title ? [document.title] : [document.title, document.text]
  }

  static func matches(_ node: QueryNode, _ document: Document) -> Bool {
    switch node {
    case .phrase(let phrase):
      return Self.columns(phrase.field, document).contains { !Self.starts(phrase, in: $0).isEmpty }
    case .near(let phrases, let distance):
      return Self.columns(phrases[0].field, document).contains { tokens in
        let starts = phrases.map { Self.starts($0, in: tokens) }
        return starts.joined().contains { last in
          zip(phrases, starts).allSatisfy { phrase, starts in
            starts.contains { $0 <= last && last - $0 - phrase.tokens.count <= distance }
          }
        }
      }
    case .all(let nodes, let excluded):
      return nodes.allSatisfy { Self.matches($0, document) }
        && !excluded.contains { Self.matches($0, document) }
    case .any(let nodes): return nodes.contains { Self.matches($0, document) }
    }
  }

  @Test("The index finds exactly the documents that the tree describes", arguments: [0, 1, 2, 3])
  func agreement(depth: Int) async throws {
    var random = SeededRandom(seed: UInt64(40 + depth))
    func words(_ count: Int) -> [String] {
      (0..<count).map { _ in Self.words[Int(random.next() % UInt64(Self.words.count))] }
    }
    var documents: [Document] = []
    for number in 0..<80 {
      documents.append(
        Document(
          id: Corpus.videoID(number).text, title: words(Int(random.next() % 3)),
          text: words(1 + Int(random.next() % 6))))
    }
    try await withIndex { index in
      _ = try await index.write(
        documents.enumerated().map {
          Corpus.document($0, texts: $1.text, title: $1.title.joined(separator: " "))
        })
      for _ in 0..<1000 {
        let text = Self.query(&random, depth: depth)
        guard let parsed = try? QueryParser.parse(text) else { continue }  // Nothing but excluded.
        let results = try await index.search(SearchQuery(text: text, pageSize: 100))
        let expected = documents.filter { Self.matches(parsed.root, $0) }.map(\.id)
        #expect(Set(results.hits.map(\.video.id.text)) == Set(expected), "\(text)")
        #expect(results.total == expected.count, "\(text)")
      }
    }
  }

  @Test("The deepest nesting that is accepted is a query to SQLite too")
  func depth() async throws {
    try await withIndex { index in
      _ = try await index.write([Corpus.document(1, texts: ["a b c"])])
      let patterns = [
        "(a OR b ", "(a b OR ", "a -(b OR c ", "-(a OR b -(", "(\"a b\" OR -c ", "a NOT (b c OR ",
        "title:a OR (b NEAR c ", "(a (b OR c) -(", "(a OR b) NEAR (", "((", "a OR (b -(c OR d) (",
        "a OR b c NOT (a OR b c -(d OR ", "a OR b c -d NOT (",
        "a b OR c d OR e -(a b OR c d OR e -(",
      ]
      var texts = patterns.flatMap { pattern in
        (1...60).map { String(repeating: pattern, count: $0) }
      }
      var random = SeededRandom(seed: 8)
      for _ in 0..<1000 {
        texts.append(
          (0..<Int.random(in: 2...10, using: &random)).map { _ in
            patterns[Int(random.next() % UInt64(patterns.count))]
          }.joined())
      }
      for text in texts {
        do {
          // With filters before and behind it.
          let text = text + " a lang:en -kind:manual"
          _ = try await index.search(
            SearchQuery(text: text, filters: SearchFilters(channelIDs: ["UCone"])))
        } catch let error as SearchError where error.code == .invalidQuery {
          continue
        }
      }
    }
  }
}
