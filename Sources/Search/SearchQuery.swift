public import Transcripts

/// Beside the words, what documents must be like. All filters must hold; of several values in one, any.
public struct SearchFilters: Hashable, Sendable {
  /// `pt` also means `pt-BR`; case does not count.
  public var languageCodes: [String]
  public var channelIDs: [String]
  public var playlistIDs: [String]
  public var videoIDs: [VideoID]
  public var kind: CaptionKind?
  /// Published at or after: milliseconds since 1970. Of a video whose date is not known, the time of fetching counts.
  public var publishedFrom: Int64?
  /// Published before.
  public var publishedBefore: Int64?

  public init(
    languageCodes: [String] = [], channelIDs: [String] = [], playlistIDs: [String] = [],
    videoIDs: [VideoID] = [], kind: CaptionKind? = nil, publishedFrom: Int64? = nil,
    publishedBefore: Int64? = nil
  ) {
    self.languageCodes = languageCodes
    self.channelIDs = channelIDs
    self.playlistIDs = playlistIDs
    self.videoIDs = videoIDs
    self.kind = kind
    self.publishedFrom = publishedFrom
    self.publishedBefore = publishedBefore
  }
}

/// In which order hits come.
public enum SearchOrder: Hashable, Sendable { case relevance, newest, oldest }

/// Which forms of a word are found.
public enum WordForms: Hashable, Sendable {
  /// Only the word as it is.
  case exact
  /// English inflections too (``Inflections``): `talk` finds talks, talked and talking. Quoted words, prefixes and words
  /// within NEAR stay as they are.
  case inflected
}

/// What matching documents are counted by.
public enum FacetField: String, Hashable, Sendable, CaseIterable {
  case channel, playlist, language, kind
  /// Of publication, in UTC.
  case year
}

/// What to look for.
public struct SearchQuery: Hashable, Sendable {
  public var index: IndexName
  public var text: String
  public var wordForms: WordForms
  /// 1 to ``SearchLimits/maxPageSize``.
  public var pageSize: Int
  /// `nextPageToken` of the page before; the other fields must not change between pages.
  public var pageToken: String?
  /// 1 to ``SearchLimits/maxMomentsPerHit``.
  public var momentsPerHit: Int
  public var order: SearchOrder
  public var filters: SearchFilters
  /// Counted on the first page only.
  public var facets: [FacetField]
  /// Values of each facet, the most frequent first; 1 to ``SearchLimits/maxFacetValues``.
  public var facetValues: Int

  public init(
    index: IndexName = .default, text: String, wordForms: WordForms = .inflected,
    pageSize: Int = 20, pageToken: String? = nil, momentsPerHit: Int = 3,
    order: SearchOrder = .relevance, filters: SearchFilters = SearchFilters(),
    facets: [FacetField] = [], facetValues: Int = 10
  ) {
    self.index = index
    self.text = text
    self.wordForms = wordForms
    self.pageSize = pageSize
    self.pageToken = pageToken
    self.momentsPerHit = momentsPerHit
    self.order = order
    self.filters = filters
    self.facets = facets
    self.facetValues = facetValues
  }
}

/// Asks for every place in one video.
public struct PlacesQuery: Hashable, Sendable {
  public var index: IndexName
  public var video: VideoID
  /// Nil: whichever track is there, manual first.
  public var languageCode: String?
  /// As in ``SearchQuery``; filters in it have to hold too.
  public var text: String
  public var wordForms: WordForms
  /// Places on a page, 1 to ``SearchLimits/maxPlacesPage``.
  public var pageSize: Int
  /// `nextPageToken` of the page before; the other fields must not change between pages.
  public var pageToken: String?

  public init(
    index: IndexName = .default, video: VideoID, languageCode: String? = nil, text: String,
    wordForms: WordForms = .inflected, pageSize: Int = 100, pageToken: String? = nil
  ) {
    self.index = index
    self.video = video
    self.languageCode = languageCode
    self.text = text
    self.wordForms = wordForms
    self.pageSize = pageSize
    self.pageToken = pageToken
  }
}

/// Asks how what somebody is typing may go on.
public struct SuggestionsQuery: Hashable, Sendable {
  public var index: IndexName
  /// As far as it is typed; its last word is completed.
  public var text: String
  /// 1 to ``SearchLimits/maxSuggestions``.
  public var limit: Int

  public init(index: IndexName = .default, text: String, limit: Int = 10) {
    self.index = index
    self.text = text
    self.limit = limit
  }
}
