internal import JSON
public import Search
internal import Transcripts

// Completing and correcting words.

extension ElasticsearchIndex {
  /// Documents that are looked at for words that begin so.
  private static let sampledDocuments = 40
  /// Words of the sample that are counted in the whole index.
  private static let maxCounted = 200

  /// Servers differ in how they complete words, and what all have needs a field of its own; so a sample of the documents
  /// that have such words is looked at, and the words found are counted. A word that is in few documents may be missing
  /// beside many others that begin so.
  public func suggestions(_ query: SuggestionsQuery) async throws -> [Suggestion] {
    guard (1...SearchLimits.maxSuggestions).contains(query.limit) else {
      throw SearchError(
        .invalidQuery,
        "\(query.limit) suggestions are asked for; it must be 1 to \(SearchLimits.maxSuggestions).")
    }
    guard query.text.utf8.count <= SearchLimits.maxQueryBytes else {
      throw SearchError(
        .invalidQuery,
        "The text has more than \(SearchLimits.maxQueryBytes) bytes; nothing can be completed.")
    }
    var normalizer = Normalizer()
    guard let last = normalizer.tokens(of: query.text).last,
      last.range.upperBound == query.text.unicodeScalars.count
    else { return [] }
    let place = try await self.place(of: query.index)
    let sample = try await self.search(
      Self.sampleBody(prefix: last.text), in: place.readAlias)
    let words = try await Self.words(of: sample, prefix: last.text)
    guard !words.isEmpty else { return [] }
    let counts = try await self.search(Self.countsBody(words), in: place.readAlias)
    let buckets = (counts["aggregations"]?["words"]?["buckets"]).items
    let counted = zip(words, buckets).map { word, bucket in
      (word: word, documents: bucket["doc_count"]?.int ?? 0)
    }
    var head = String.UnicodeScalarView()
    head.append(contentsOf: query.text.unicodeScalars.prefix(last.range.lowerBound))
    return counted.filter { $0.documents > 0 }
      .sorted { ($1.documents, $0.word) < ($0.documents, $1.word) }
      .prefix(query.limit)
      .map { Suggestion(text: String(head) + $0.word, documents: $0.documents) }
  }

  private static func sampleBody(prefix: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("size", Self.sampledDocuments)
      writer.member("track_total_hits", false)
      writer.key("_source")
      writer.array { writer in
        writer.string(Field.title)
        writer.string(Field.text)
      }
      writer.key("query")
      QueryEmitter.phrase(QueryPhrase(tokens: [prefix], isPrefix: true), &writer)
    }
    return writer.bytes
  }

  /// Those in most documents of the sample first.
  @concurrent
  private static func words(of sample: JSONValue, prefix: String) async throws -> [String] {
    let prefix = Array(prefix.utf8)
    var counts: [[UInt8]: Int] = [:]
    for hit in (sample["hits"]?["hits"]).items {
      var words: Set<[UInt8]> = []
      for field in [Field.title, Field.text] {
        _ = hit["_source"]?[field]?.withUTF8 { text in
          for word in text.split(separator: UInt8(ascii: " ")) where word.starts(with: prefix) {
            words.insert(Array(word))
          }
        }
      }
      for word in words { counts[word, default: 0] += 1 }
    }
    let sorted = counts.map { (word: String(decoding: $0.key, as: UTF8.self), count: $0.value) }
      .sorted { ($1.count, $0.word) < ($0.count, $1.word) }
    return sorted.prefix(Self.maxCounted).map(\.word)
  }

  private static func countsBody(_ words: [String]) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("size", 0)
      writer.member("track_total_hits", false)
      writer.key("aggs")
      writer.object { writer in
        writer.key("words")
        writer.object { writer in
          writer.key("filters")
          writer.object { writer in
            writer.key("filters")
            writer.array { writer in
              for word in words { QueryEmitter.phrase(QueryPhrase(tokens: [word]), &writer) }
            }
          }
        }
      }
    }
    return writer.bytes
  }

  // MARK: Did you mean

  /// Words of a query that are corrected.
  private static let maxCorrected = 16

  /// The query with words that are in the index, if it then finds something.
  func correction(of query: SearchQuery, in place: Place) async throws -> String? {
    // Plain words only: those in quotes and after a colon stay as they are.
    let pieces = query.text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    var normalizer = Normalizer()
    var tokens: [Int: String] = [:]
    for (index, piece) in pieces.enumerated() where tokens.count < Self.maxCorrected {
      guard !piece.contains(where: { "\"():*-".contains($0) }),
        !["OR", "AND", "NOT"].contains(piece), !piece.hasPrefix("NEAR")
      else { continue }
      let found = normalizer.tokens(of: piece)
      if found.count == 1 { tokens[index] = found[0].text }
    }
    guard !tokens.isEmpty else { return nil }
    let order = tokens.keys.sorted()
    let root = try await self.search(
      Self.correctionBody(order.compactMap { tokens[$0] }), in: place.readAlias)
    var corrected = pieces
    var isChanged = false
    for (index, answer) in zip(order, (root["suggest"]?["words"]).items) {
      guard let better = answer["options"]?[0]?["text"]?.string else { continue }
      corrected[index] = better
      isChanged = true
    }
    guard isChanged else { return nil }
    var better = query
    better.text = corrected.joined(separator: " ")
    let parsed = try QueryParser.parse(better)
    let found = try await self.search(Self.existsBody(parsed), in: place.readAlias)
    return (found["hits"]?["hits"]).items.isEmpty ? nil : better.text
  }

  private static func correctionBody(_ tokens: [String]) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("size", 0)
      writer.member("track_total_hits", false)
      writer.key("suggest")
      writer.object { writer in
        writer.key("words")
        writer.object { writer in
          writer.member("text", tokens.joined(separator: " "))
          writer.key("term")
          writer.object { writer in
            writer.member("field", Field.text)
            writer.member("suggest_mode", "missing")
            writer.member("size", 1)
          }
        }
      }
    }
    return writer.bytes
  }

  private static func existsBody(_ parsed: ParsedQuery) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("size", 1)
      writer.member("track_total_hits", false)
      writer.member("_source", false)
      writer.key("query")
      QueryEmitter.write(parsed, to: &writer)
    }
    return writer.bytes
  }
}
