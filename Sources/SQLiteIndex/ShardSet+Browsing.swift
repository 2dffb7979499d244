internal import Search
internal import Transcripts

// What is asked of an index beside searching.

extension ShardSet {
  /// Every place in one video.
  func places(_ query: PlacesQuery) async throws -> PlacesPage? {
    let first = try query.offset()
    let expression = MatchExpression(
      try QueryParser.parse(query.text, wordForms: query.wordForms))
    let deadline = self.deadline()
    let found = try await self.inParallel {
      try await $0.places(expression, of: query.video, until: deadline, in: $1)
    }.flatMap { $0 }
    let wanted = found.filter {
      query.languageCode == nil || $0.track.languageCode == query.languageCode
    }
    guard let chosen = wanted.first(where: { $0.track.kind == .manual }) ?? wanted.first else {
      return nil
    }
    return PlacesPage(
      video: chosen.video, track: chosen.track, all: chosen.moments, isComplete: chosen.isComplete,
      from: first, of: query)
  }

  /// Words that begin as the text's last one.
  func suggestions(_ query: SuggestionsQuery) async throws -> [Suggestion] {
    guard let typed = try TypedText(query), self.configuration.suggestionTimeout > .zero else {
      return []
    }
    let deadline = min(self.deadline(), .now + self.configuration.suggestionTimeout)
    let parts = try await self.inParallel {
      try await $0.words(beginning: typed.prefix, until: deadline, in: $1)
    }
    var words: [String: Int] = [:]
    for part in parts { words.merge(part) { $0 + $1 } }
    return typed.suggestions(words, limit: query.limit)
  }

  /// A query that finds something, in place of one that finds nothing.
  func correction(of query: SearchQuery) async throws -> String? {
    guard self.configuration.suggestionTimeout > .zero else { return nil }
    let deadline = min(self.deadline(), .now + self.configuration.suggestionTimeout)
    do {
      let corrected = try await QueryCorrection.correct(query.text, wordForms: query.wordForms) {
        words in
        let parts = try await self.inParallel {
          try await $0.documents(withWords: words, until: deadline, in: $1)
        }
        return words.indices.map { index in parts.reduce(0) { $0 + $1[index] } }
      }
      guard let corrected else { return nil }
      var again = query
      again.text = corrected
      again.pageSize = 1
      again.facets = []
      return try await self.search(again).total > 0 ? corrected : nil
    } catch let error as SearchError where error.code == .timedOut {
      // The answer, that nothing is found, need not wait for it.
      return nil
    }
  }

  /// Documents as they are stored, in order of shard and row.
  func documents(_ query: DocumentsQuery) async throws -> DocumentsPage {
    var (number, row) = try DocumentCursor.position(of: query)
    let conditions = query.filters.conditions
    let expression = conditions.isEmpty ? nil : MatchExpression(filters: conditions)
    let from = query.filters.publishedFrom ?? .min
    let dates = from..<max(from, query.filters.publishedBefore ?? .max)
    for shard in try self.shardNumbers() where shard >= number {
      if shard > number { (number, row) = (shard, 0) }
      let after = row
      let found = try await self.inShard(shard) {
        try await $0.documents(
          expression, dates: dates, after: after, atMost: query.pageSize, in: $1)
      }
      guard let found, let last = found.last else { continue }
      return DocumentsPage(
        documents: found.map(\.document),
        nextCursor: DocumentCursor.text(shard: shard, row: last.row, for: query))
    }
    return DocumentsPage(documents: [], nextCursor: nil)
  }
}
