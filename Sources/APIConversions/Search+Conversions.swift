public import API
public import Search
internal import Transcripts

extension SearchQuery {
  /// A missing query is one without words, which the index refuses with the reason. Bounds are the index's too.
  ///
  /// - Throws: ``ConversionError`` for what cannot be asked at all: an order or kind of a later version, no video's id.
  public init(_ query: APISearchQuery?) throws(ConversionError) {
    let query = query ?? APISearchQuery()
    var videos: [VideoID] = []
    for text in query.videoIds {
      guard let id = VideoID(text) else {
        throw ConversionError(
          "query.video_ids", "\"\(text.prefix(64))\" is not a video's identifier")
      }
      videos.append(id)
    }
    if case .unrecognized(let kind) = query.kind {
      throw ConversionError("query.kind", "there is no kind \(kind)")
    }
    self.init(
      text: query.text, pageSize: query.pageSize == 0 ? 20 : Int(query.pageSize),
      pageToken: query.pageToken.isEmpty ? nil : query.pageToken,
      momentsPerHit: query.momentsPerHit == 0 ? 3 : Int(query.momentsPerHit),
      order: try SearchOrder(query.order),
      filters: SearchFilters(
        languageCodes: query.languageCodes, channelIDs: query.channelIds,
        playlistIDs: query.playlistIds, videoIDs: videos, kind: CaptionKind(query.kind)))
  }
}

extension SearchOrder {
  /// - Throws: ``ConversionError`` for an order of a later version.
  init(_ order: APISearchOrder) throws(ConversionError) {
    switch order {
    case .unspecified, .relevance: self = .relevance
    case .newest: self = .newest
    case .oldest: self = .oldest
    case .unrecognized(let value):
      throw ConversionError("query.order", "there is no order \(value)")
    }
  }
}

extension APISearchResults {
  public init(_ results: SearchResults) {
    self.init()
    self.hits = results.hits.map { APISearchHit($0) }
    self.total = Int64(results.total)
    self.totalIsExact = results.totalIsExact
    self.nextPageToken = results.nextPageToken ?? ""
    self.tookUs = Int64(results.took / .microseconds(1))
  }
}

extension APISearchHit {
  public init(_ hit: SearchHit) {
    self.init()
    self.video = APIVideo(hit.video)
    self.track = APICaptionTrack(hit.track)
    self.score = hit.score
    self.moments = hit.moments.map { APIMoment($0, in: hit.video.id) }
  }
}

extension APIMoment {
  init(_ moment: Moment, in video: VideoID) {
    self.init()
    self.startMs = moment.startMilliseconds
    self.text = moment.text
    self.highlights = moment.highlights.map {
      var highlight = APIHighlight()
      highlight.start = Int32(clamping: $0.lowerBound)
      highlight.length = Int32(clamping: $0.count)
      return highlight
    }
    self.url = moment.url(in: video)
  }
}
