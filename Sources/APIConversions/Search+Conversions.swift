public import API
public import Search
internal import Protobuf
public import Transcripts

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
    var facets: [FacetField] = []
    for facet in query.facets { facets.append(try FacetField(facet)) }
    self.init(
      index: try IndexName(apiText: query.index), text: query.text,
      wordForms: query.exact ? .exact : .inflected,
      pageSize: query.pageSize == 0 ? 20 : Int(query.pageSize),
      pageToken: query.pageToken.isEmpty ? nil : query.pageToken,
      momentsPerHit: query.momentsPerHit == 0 ? 3 : Int(query.momentsPerHit),
      order: try SearchOrder(query.order),
      filters: SearchFilters(
        languageCodes: query.languageCodes, channelIDs: query.channelIds,
        playlistIDs: query.playlistIds, videoIDs: videos, kind: CaptionKind(query.kind),
        publishedFrom: query.publishedFrom?.milliseconds,
        publishedBefore: query.publishedBefore?.milliseconds),
      facets: facets, facetValues: query.facetValues == 0 ? 10 : Int(query.facetValues))
  }
}

extension IndexName {
  /// - Parameter text: Empty: the default index.
  /// - Throws: ``ConversionError`` when it is no name.
  public init(apiText text: String) throws(ConversionError) {
    guard !text.isEmpty else {
      self = .default
      return
    }
    guard let name = IndexName(text) else {
      throw ConversionError(
        "index",
        "\"\(text.prefix(80))\" is not an index's name: lower case letters, digits, - and _, at most "
          + "\(IndexName.maxCharacters), a letter or digit first")
    }
    self = name
  }
}

extension FacetField {
  /// - Throws: ``ConversionError`` for a field of a later version.
  init(_ field: APIFacetField) throws(ConversionError) {
    switch field {
    case .channel: self = .channel
    case .playlist: self = .playlist
    case .language: self = .language
    case .kind: self = .kind
    case .year: self = .year
    case .unspecified: throw ConversionError("query.facets", "a facet is not said")
    case .unrecognized(let value):
      throw ConversionError("query.facets", "there is no facet \(value)")
    }
  }
}

extension APIFacetField {
  init(_ field: FacetField) {
    switch field {
    case .channel: self = .channel
    case .playlist: self = .playlist
    case .language: self = .language
    case .kind: self = .kind
    case .year: self = .year
    }
  }
}

extension APIFacet {
  init(_ facet: Facet) {
    self.init()
    self.field = APIFacetField(facet.field)
    self.isExact = facet.isExact
    self.values = facet.values.map {
      var value = APIFacetValue()
      value.value = $0.value
      value.label = $0.label
      value.documents = Int64($0.documents)
      return value
    }
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
    self.facets = results.facets.map { APIFacet($0) }
    self.didYouMean = results.didYouMean ?? ""
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
  public init(_ moment: Moment, in video: VideoID) {
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
