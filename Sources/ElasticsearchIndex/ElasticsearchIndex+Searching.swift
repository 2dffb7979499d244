internal import Base64
internal import Compression
internal import JSON
public import Search
public import Transcripts

extension ElasticsearchIndex {
  /// Totals are exact up to here, as the server's own default: counting further would have it look at every document.
  static let maxExactTotal = 10_000
  /// What is shown of a hit, and not searched.
  private static let shownFields = [
    Field.id, Field.video, Field.channel, Field.playlists, Field.kind, Field.hash, Field.fetched,
    Field.shown, Field.segments,
  ]

  public func search(_ query: SearchQuery) async throws -> SearchResults {
    let start = ContinuousClock.now
    let parsed = try QueryParser.parse(query)
    let after = try query.pageToken.map { text throws(SearchError) in
      try SortKey(PageToken(text, for: query), query.order)
    }
    let place = try await self.place(of: query.index)
    let body = Self.body(query, parsed, after)
    let root = try await self.search(
      body, in: place.readAlias,
      preference: String(ContentHash.hash(Array(query.text.utf8)), radix: 16))
    var results = try await Self.results(root, query, parsed)
    if results.total == 0, query.pageToken == nil {
      results.didYouMean = try await self.correction(of: query, in: place)
    }
    results.took = ContinuousClock.now - start
    return results
  }

  /// Makes a search; a part of an answer is no answer.
  ///
  /// - Parameter preference: Searches with the same one go to the same copies, whose scores are the same.
  func search(
    _ body: [UInt8], in alias: String, preference: String? = nil
  ) async throws -> JSONValue {
    var path = "/\(alias)/_search?allow_partial_search_results=false"
    if let preference { path += "&preference=\(preference)" }
    let answer = try await self.client.send(.post, path, body: body)
    if answer.status == 404 { await self.catalog.forget() }
    let root = try await Self.success(answer, "a search")
    guard root["timed_out"]?.bool != true else {
      throw SearchError(.timedOut, "The search took too long. Look for rarer words.")
    }
    return root
  }

  @concurrent
  private static func success(
    _ answer: ClusterAnswer, _ what: String
  ) async throws(SearchError) -> JSONValue {
    try answer.success(what)
  }

  // MARK: Asking

  private static func body(
    _ query: SearchQuery, _ parsed: ParsedQuery, _ after: SortKey?
  ) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      // One more than is shown tells whether there is a next page.
      writer.member("size", query.pageSize + 1)
      writer.member("track_total_hits", Self.maxExactTotal)
      writer.key("_source")
      writer.array { writer in for field in Self.shownFields { writer.string(field) } }
      writer.key("query")
      QueryEmitter.write(parsed, to: &writer)
      writer.key("sort")
      writer.array { writer in
        writer.object { writer in
          switch query.order {
          case .relevance: writer.member("_score", "desc")
          case .newest: writer.member(Field.dated, "desc")
          case .oldest: writer.member(Field.dated, "asc")
          }
        }
        writer.object { $0.member(Field.id, "asc") }
      }
      if let after {
        writer.key("search_after")
        writer.array { writer in
          switch after.value {
          case .score(let score): writer.double(score)
          case .time(let time): writer.integer(time)
          }
          writer.string(after.id)
        }
      } else if !query.facets.isEmpty {
        writer.key("aggs")
        writer.object { Self.facets(query, &$0) }
      }
    }
    return writer.bytes
  }

  private static func facets(_ query: SearchQuery, _ writer: inout JSONWriter) {
    for facet in Set(query.facets) {
      writer.key(facet.rawValue)
      writer.object { writer in
        writer.key("terms")
        writer.object { writer in
          let field =
            switch facet {
            case .channel: Field.channel
            case .playlist: Field.playlists
            case .language: Field.language
            case .kind: Field.kind
            case .year: Field.year
            }
          writer.member("field", field)
          writer.member("size", query.facetValues)
          writer.key("order")
          writer.array { writer in
            writer.object { $0.member("_count", "desc") }
            writer.object { $0.member("_key", "asc") }
          }
        }
        guard facet == .channel else { return }
        // The name of a channel, as one of its documents has it.
        writer.key("aggs")
        writer.object { writer in
          writer.key("named")
          writer.object { writer in
            writer.key("top_hits")
            writer.object { writer in
              writer.member("size", 1)
              writer.key("_source")
              writer.array { $0.string("\(Field.shown).\(Field.Shown.channelTitle)") }
            }
          }
        }
      }
    }
  }

  // MARK: Reading the answer

  @concurrent
  private static func results(
    _ root: JSONValue, _ query: SearchQuery, _ parsed: ParsedQuery
  ) async throws(SearchError) -> SearchResults {
    let found = root["hits"]?["hits"].items ?? []
    let finder = PhraseFinder(parsed.root)
    let decompressor = ZstdDecompressor()
    var builder = MomentBuilder()
    var normalizer = Normalizer()
    var hits: [SearchHit] = []
    for hit in found.prefix(query.pageSize) {
      let document = try StoredDocument(hit["_source"], decompressor)
      let places = finder.places(in: Self.tokens(of: document.content, &normalizer))
      let windows = MomentFinder.windows(
        places, phrases: finder.phraseCount, max: query.momentsPerHit)
      var moments = windows.compactMap { window in
        builder.moment(
          of: window.core.map(\.occurrence), nearby: window.nearby.map(\.occurrence),
          in: document.content, offsets: document.content.offsets)
      }
      if moments.isEmpty {
        // The words are in the title only: the beginning.
        let first = builder.moment(
          of: [], in: document.content, offsets: document.content.offsets)
        moments = first.map { [$0] } ?? []
      }
      hits.append(
        SearchHit(
          video: document.transcript.video, track: document.transcript.track,
          score: hit["_score"]?.double ?? 0, moments: moments))
    }
    var next: String?
    if found.count > query.pageSize, let key = SortKey(found[query.pageSize - 1], query.order) {
      next = key.token.encoded(for: query)
    }
    let total = root["hits"]?["total"]
    return SearchResults(
      hits: hits, total: total?["value"]?.int ?? 0,
      totalIsExact: total?["relation"]?.string == "eq", nextPageToken: next,
      facets: query.pageToken == nil ? query.facets.map { Self.facet($0, root) } : [],
      took: .zero)
  }

  /// As they were indexed: what the cluster counts its positions in.
  private static func tokens(
    of content: SegmentsBlob.Content, _ normalizer: inout Normalizer
  ) -> [UInt8] {
    var text: [UInt8] = []
    for index in 0..<content.count {
      _ = normalizer.append(content.text(ofSegment: index), to: &text)
    }
    return text
  }

  private static func facet(_ field: FacetField, _ root: JSONValue) -> Facet {
    let answer = root["aggregations"]?[field.rawValue]
    let values = (answer?["buckets"]).items.map { bucket in
      let named = bucket["named"]?["hits"]?["hits"]?[0]?["_source"]?[Field.shown]
      return Facet.Value(
        value: bucket["key"]?.string ?? "",
        label: named?[Field.Shown.channelTitle]?.string ?? "",
        documents: bucket["doc_count"]?.int ?? 0)
    }
    return Facet(field, values, isExact: answer?["doc_count_error_upper_bound"]?.int == 0)
  }

  // MARK: Inside one video

  public func places(_ query: PlacesQuery) async throws -> PlacesPage? {
    guard (1...SearchLimits.maxPlacesPage).contains(query.pageSize) else {
      throw SearchError(
        .invalidQuery,
        "The page size is \(query.pageSize); it must be 1 to \(SearchLimits.maxPlacesPage).")
    }
    let parsed = try QueryParser.parse(query.text, wordForms: query.wordForms)
    // What page tokens are bound to.
    let bound = SearchQuery(
      index: query.index, text: query.text, wordForms: query.wordForms, order: .oldest,
      filters: SearchFilters(
        languageCodes: query.languageCode.map { [$0] } ?? [], videoIDs: [query.video]))
    let first = try query.pageToken.map { text throws(SearchError) in
      Int(clamping: try PageToken(text, for: bound).row)
    }
    let place = try await self.place(of: query.index)
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("size", 1)
      writer.member("track_scores", true)
      writer.key("_source")
      writer.array { writer in for field in Self.shownFields { writer.string(field) } }
      writer.key("query")
      writer.object { writer in
        writer.key("bool")
        writer.object { writer in
          writer.key("filter")
          writer.array { Self.track(query.video, query.languageCode, &$0) }
          // One is added to the score of a document that matches.
          writer.key("should")
          writer.array { writer in
            writer.object { writer in
              writer.key("constant_score")
              writer.object { writer in
                writer.key("filter")
                QueryEmitter.write(parsed, to: &writer)
              }
            }
          }
          writer.member("minimum_should_match", 0)
        }
      }
      Self.sortManualFirst(&writer)
    }
    let root = try await self.search(writer.bytes, in: place.readAlias)
    guard let hit = root["hits"]?["hits"]?[0] else { return nil }
    let document = try await Self.document(hit)
    let matches = (hit["_score"]?.double ?? 0) > 0
    return try await Self.page(
      document, matches ? parsed : nil, from: first ?? 0, size: query.pageSize, bound)
  }

  /// - Parameter parsed: Nil: the document does not match.
  @concurrent
  private static func page(
    _ document: StoredDocument, _ parsed: ParsedQuery?, from first: Int, size: Int,
    _ bound: SearchQuery
  ) async throws(SearchError) -> PlacesPage {
    let content = document.content
    var normalizer = Normalizer()
    let places =
      parsed.map { PhraseFinder($0.root).places(in: Self.tokens(of: content, &normalizer)) } ?? []
    var bySegment: [(segment: Int, places: [PhraseFinder.Place])] = []
    for place in places {
      guard let segment = content.offsets.segment(ofToken: place.token) else { continue }
      if bySegment.last?.segment == segment {
        bySegment[bySegment.count - 1].places.append(place)
      } else {
        bySegment.append((segment, [place]))
      }
    }
    let rest = bySegment.drop { $0.segment < first }
    let shown = rest.prefix(size)
    let next = rest.dropFirst(size).first.map { following in
      PageToken(sortKey: 0, shard: 0, row: Int64(following.segment), statistics: [])
        .encoded(for: bound)
    }
    return PlacesPage(
      video: document.transcript.video, track: document.transcript.track,
      moments: shown.map { Self.moment(ofSegment: $0.segment, $0.places, content, &normalizer) },
      total: bySegment.count, totalIsExact: places.count < SearchLimits.maxOccurrences,
      nextPageToken: next)
  }

  /// A segment with what is found in it, cut off where it ends.
  private static func moment(
    ofSegment index: Int, _ places: [PhraseFinder.Place], _ content: SegmentsBlob.Content,
    _ normalizer: inout Normalizer
  ) -> Moment {
    let text = content.text(ofSegment: index)
    let tokens = normalizer.tokens(of: text)
    let first = content.offsets.tokens(ofSegment: index).lowerBound
    var highlights: [Range<Int>] = []
    for place in places {
      let from = place.token - first
      let to = min(from + place.tokenCount, tokens.count) - 1
      guard from >= 0, from <= to else { continue }
      let range = tokens[from].range.lowerBound..<tokens[to].range.upperBound
      if let last = highlights.last, range.lowerBound < last.upperBound {
        highlights[highlights.count - 1] =
          last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        highlights.append(range)
      }
    }
    var spaced = String.UnicodeScalarView()
    // Captions break lines for the screen; scalar for scalar, so that places stay true.
    for scalar in text.unicodeScalars {
      spaced.append(scalar.properties.isWhitespace || scalar.value < 0x20 ? " " : scalar)
    }
    return Moment(
      startMilliseconds: content.offsets.startMilliseconds[index], text: String(spaced),
      highlights: highlights)
  }

  @concurrent
  static func document(_ hit: JSONValue) async throws(SearchError) -> StoredDocument {
    try StoredDocument(hit["_source"], ZstdDecompressor())
  }

  private static func track(
    _ video: VideoID, _ languageCode: String?, _ writer: inout JSONWriter
  ) {
    writer.object { writer in
      writer.key("term")
      writer.object { writer in
        if let languageCode {
          writer.member(Field.id, PreparedDocument.id(video, languageCode))
        } else {
          writer.member(Field.video, video.text)
        }
      }
    }
  }

  private static func sortManualFirst(_ writer: inout JSONWriter) {
    writer.key("sort")
    writer.array { writer in
      // "manual" comes after "automatic".
      writer.object { $0.member(Field.kind, "desc") }
      writer.object { $0.member(Field.id, "asc") }
    }
  }

  public func transcript(
    of video: VideoID, languageCode: String?, in name: IndexName
  ) async throws -> Transcript? {
    let place = try await self.place(of: name)
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("size", 1)
      writer.key("_source")
      writer.array { writer in for field in Self.shownFields { writer.string(field) } }
      writer.key("query")
      writer.object { writer in
        writer.key("bool")
        writer.object { writer in
          writer.key("filter")
          writer.array { Self.track(video, languageCode, &$0) }
        }
      }
      Self.sortManualFirst(&writer)
    }
    let root = try await self.search(writer.bytes, in: place.readAlias)
    guard let hit = root["hits"]?["hits"]?[0] else { return nil }
    return try await Self.document(hit).whole
  }

  // MARK: All documents

  public func documents(_ query: DocumentsQuery) async throws -> DocumentsPage {
    guard (1...SearchLimits.maxDocumentsPage).contains(query.pageSize) else {
      throw SearchError(
        .invalidQuery,
        "The page size is \(query.pageSize); it must be 1 to \(SearchLimits.maxDocumentsPage).")
    }
    let after = try query.cursor.map { text throws(SearchError) in
      guard let bytes = Base64.decode(text), let id = String(validating: bytes, as: UTF8.self),
        id.contains(".")
      else {
        throw SearchError(
          .invalidPageToken,
          "The cursor is not one that this index gave. Take it unchanged from the page before.")
      }
      return id
    }
    let place = try await self.place(of: query.index)
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("size", query.pageSize)
      writer.key("_source")
      writer.array { writer in for field in Self.shownFields { writer.string(field) } }
      writer.key("query")
      writer.object { writer in
        writer.key("bool")
        writer.object { writer in
          QueryEmitter.filters(
            query.filters.conditions, from: query.filters.publishedFrom,
            before: query.filters.publishedBefore, to: &writer)
        }
      }
      // An identifier never changes, so no document comes twice or is left out.
      Self.sort(by: [Field.id], after: after.map { [$0] } ?? [], &writer)
    }
    let root = try await self.search(writer.bytes, in: place.readAlias)
    return try await Self.documents(root, pageSize: query.pageSize)
  }

  @concurrent
  private static func documents(
    _ root: JSONValue, pageSize: Int
  ) async throws(SearchError) -> DocumentsPage {
    let decompressor = ZstdDecompressor()
    var documents: [IndexDocument] = []
    var last: String?
    for hit in (root["hits"]?["hits"]).items {
      let stored = try StoredDocument(hit["_source"], decompressor)
      documents.append(IndexDocument(transcript: stored.whole, playlistIDs: stored.playlists))
      last = stored.id
    }
    let isFull = documents.count == pageSize
    return DocumentsPage(
      documents: documents,
      nextCursor: isFull
        ? last.map { Base64.encode(Array($0.utf8), urlSafe: true, padded: false) } : nil)
  }
}

extension PhraseFinder.Place {
  fileprivate var occurrence: MomentBuilder.Occurrence {
    MomentBuilder.Occurrence(firstToken: self.token, tokenCount: self.tokenCount)
  }
}
