public import API
internal import APIConversions
internal import Protobuf
public import RPC
public import Search
internal import Transcripts

/// The indexer's service for what is asked beside searching.
public struct IndexReading: IndexService {
  /// The most that ``getContext(_:context:)`` shows before and after the instant.
  public static let maxContext = Duration.seconds(24 * 3600)

  private let index: any SearchIndex

  public init(index: any SearchIndex) { self.index = index }

  public func listPlaces(
    _ request: IndexListPlacesRequest, context: RPCContext
  ) async throws -> IndexListPlacesResponse {
    try await IndexErrors.translating {
      let video = try Self.video(request.videoId)
      let query = PlacesQuery(
        index: try IndexName(apiText: request.index), video: video,
        languageCode: request.languageCode.isEmpty ? nil : request.languageCode,
        text: request.text, wordForms: request.exact ? .exact : .inflected,
        pageSize: request.pageSize == 0 ? 100 : Int(request.pageSize),
        pageToken: request.pageToken.isEmpty ? nil : request.pageToken)
      guard let page = try await self.index.places(query) else {
        throw Self.notIndexed(video, request.languageCode)
      }
      return .with {
        $0.video = APIVideo(page.video)
        $0.track = APICaptionTrack(page.track)
        $0.moments = page.moments.map { APIMoment($0, in: page.video.id) }
        $0.total = Int64(page.total)
        $0.totalIsExact = page.totalIsExact
        $0.nextPageToken = page.nextPageToken ?? ""
      }
    }
  }

  public func suggestWords(
    _ request: IndexSuggestWordsRequest, context: RPCContext
  ) async throws -> IndexSuggestWordsResponse {
    try await IndexErrors.translating {
      let suggestions = try await self.index.suggestions(
        SuggestionsQuery(
          index: try IndexName(apiText: request.index), text: request.text,
          limit: request.limit == 0 ? 10 : Int(request.limit)))
      return .with {
        $0.suggestions = suggestions.map { suggestion in
          .with {
            $0.text = suggestion.text
            $0.documents = Int64(suggestion.documents)
          }
        }
      }
    }
  }

  public func getContext(
    _ request: IndexGetContextRequest, context: RPCContext
  ) async throws -> IndexGetContextResponse {
    try await IndexErrors.translating {
      let video = try Self.video(request.videoId)
      let excerpt = try await self.index.context(
        of: video, languageCode: request.languageCode.isEmpty ? nil : request.languageCode,
        around: request.atMs, before: try Self.duration(request.before, "before"),
        after: try Self.duration(request.after, "after"),
        in: try IndexName(apiText: request.index))
      guard let excerpt else { throw Self.notIndexed(video, request.languageCode) }
      return .with {
        $0.video = APIVideo(excerpt.video)
        $0.track = APICaptionTrack(excerpt.track)
        $0.segments = excerpt.segments.map { APISegment($0) }
        $0.segmentsBefore = Int64(excerpt.segmentsBefore)
        $0.segmentsAfter = Int64(excerpt.segmentsAfter)
      }
    }
  }

  public func exportHits(
    _ request: IndexExportHitsRequest, responses: RPCResponses<IndexExportHitsResponse>,
    context: RPCContext
  ) async throws {
    try await IndexErrors.translating {
      try await self.hits(of: try SearchQuery(request.query)) { hit in
        try await responses.send(.with { $0.hit = APISearchHit(hit) })
      }
    }
  }

  public func exportTranscripts(
    _ request: IndexExportTranscriptsRequest,
    responses: RPCResponses<IndexExportTranscriptsResponse>, context: RPCContext
  ) async throws {
    try await IndexErrors.translating {
      let query = try SearchQuery(request.query)
      guard query.text.isEmpty else {
        try await self.hits(of: query) { hit in
          let transcript = try await self.index.transcript(
            of: hit.video.id, languageCode: hit.track.languageCode, in: query.index)
          // Removed since it was found.
          guard let transcript else { return }
          try await responses.send(.with { $0.transcript = APITranscript(transcript) })
        }
        return
      }
      var documents = DocumentsQuery(index: query.index, filters: query.filters)
      repeat {
        let page = try await self.index.documents(documents)
        for document in page.documents {
          try await responses.send(
            .with {
              $0.transcript = APITranscript(document.transcript)
              $0.playlistIds = document.playlistIDs
            })
        }
        documents.cursor = page.nextCursor
      } while documents.cursor != nil
    }
  }

  public func listIndexes(
    _ request: IndexListIndexesRequest, context: RPCContext
  ) async throws -> IndexListIndexesResponse {
    try await IndexErrors.translating {
      let indexes = try await self.index.indexes()
      let aliases = try await self.index.aliases()
      return .with {
        $0.indexes = indexes.map { index in
          .with {
            $0.name = index.index.text
            $0.documents = Int64(index.documents)
            $0.videos = Int64(index.videos)
            $0.sizeBytes = index.sizeBytes
            $0.backend = index.backend
            $0.shards = Int32(clamping: index.shards)
          }
        }
        $0.aliases = aliases.map { alias in
          .with {
            $0.alias = alias.alias.text
            $0.index = alias.index.text
          }
        }
      }
    }
  }

  /// All hits of a query, page by page; the caller's pace is that of `receive`.
  private func hits(
    of query: SearchQuery, _ receive: (SearchHit) async throws -> Void
  ) async throws {
    var query = query
    query.pageSize = SearchLimits.maxPageSize
    query.pageToken = nil
    query.facets = []
    repeat {
      let results = try await self.index.search(query)
      for hit in results.hits { try await receive(hit) }
      query.pageToken = results.nextPageToken
    } while query.pageToken != nil
  }

  static func video(_ text: String) throws -> VideoID {
    guard let video = VideoID(text) else {
      throw RPCError(
        .invalidArgument, "\"\(text.prefix(80))\" is not a video's identifier.")
    }
    return video
  }

  static func notIndexed(_ video: VideoID, _ language: String) -> RPCError {
    let what =
      language.isEmpty ? " is not" : " has no transcript in \(language.prefix(40)) that is"
    return RPCError(.notFound, "The video \(video)\(what) indexed.")
  }

  private static func duration(_ duration: ProtoDuration?, _ field: String) throws -> Duration {
    guard let duration else { return .seconds(30) }
    let value = Duration.seconds(duration.seconds) + .nanoseconds(Int64(duration.nanos))
    guard value >= .zero, value <= Self.maxContext else {
      throw RPCError(
        .invalidArgument, "\(field) is \(value); it must be 0 to \(Self.maxContext).")
    }
    return value
  }
}
