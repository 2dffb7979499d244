public import Transcripts

/// A page of hits.
public struct SearchResults: Hashable, Sendable {
  public var hits: [SearchHit]
  /// Documents that match.
  public var total: Int
  /// False: ``total`` is a lower bound.
  public var totalIsExact: Bool
  /// Nil on the last page.
  public var nextPageToken: String?
  /// Those that were asked for, in their order; on the first page only.
  public var facets: [Facet]
  /// When nothing was found: the same query with words that are in the index, and find something. Nil: none is known.
  public var didYouMean: String?
  /// Time spent in the index.
  public var took: Duration

  public init(
    hits: [SearchHit], total: Int, totalIsExact: Bool, nextPageToken: String?,
    facets: [Facet] = [], didYouMean: String? = nil, took: Duration
  ) {
    self.hits = hits
    self.total = total
    self.totalIsExact = totalIsExact
    self.nextPageToken = nextPageToken
    self.facets = facets
    self.didYouMean = didYouMean
    self.took = took
  }
}

/// How many of the matching documents have which value.
public struct Facet: Hashable, Sendable {
  public struct Value: Hashable, Sendable {
    /// An identifier, a language code in lower case, a ``CaptionKind``'s raw value or a year: what a filter takes.
    public var value: String
    /// For people: the name of a channel. Empty when there is none.
    public var label: String
    public var documents: Int

    public init(value: String, label: String = "", documents: Int) {
      self.value = value
      self.label = label
      self.documents = documents
    }
  }

  public var field: FacetField
  /// The most frequent first; those as frequent in order of their value.
  public var values: [Value]
  /// False: counts are lower bounds, or a frequent value may be missing.
  public var isExact: Bool

  public init(_ field: FacetField, _ values: [Value], isExact: Bool = true) {
    self.field = field
    self.values = values
    self.isExact = isExact
  }
}

/// A video (one track of it) in which the query was found.
public struct SearchHit: Hashable, Sendable {
  public var video: Video
  public var track: CaptionTrack
  /// Higher is better; comparable within one query only. In an order by time, 0.
  public var score: Double
  /// The best places, best first.
  public var moments: [Moment]

  public init(video: Video, track: CaptionTrack, score: Double, moments: [Moment]) {
    self.video = video
    self.track = track
    self.score = score
    self.moments = moments
  }
}

/// A place in a video.
public struct Moment: Hashable, Sendable {
  public var startMilliseconds: Int64
  public var text: String
  /// Where in ``text`` the query matched, in Unicode code points, in order, without overlap.
  public var highlights: [Range<Int>]

  public init(startMilliseconds: Int64, text: String, highlights: [Range<Int>]) {
    self.startMilliseconds = startMilliseconds
    self.text = text
    self.highlights = highlights
  }

  /// The link that starts playing there.
  public func url(in video: VideoID) -> String {
    "https://youtu.be/\(video.text)?t=\(self.startMilliseconds / 1000)"
  }
}

/// Where in one video the query's words are.
///
/// Each place of each word and phrase counts that the query looks for. A video that does not match the query as a whole has
/// none.
public struct PlacesPage: Hashable, Sendable {
  public var video: Video
  public var track: CaptionTrack
  /// In order of time, one for each segment in which a word or phrase begins; ``Moment/text`` is the segment's.
  public var moments: [Moment]
  /// Such segments in the whole video.
  public var total: Int
  /// False: ``total`` is a lower bound (``SearchLimits/maxOccurrences``).
  public var totalIsExact: Bool
  /// Nil on the last page.
  public var nextPageToken: String?

  public init(
    video: Video, track: CaptionTrack, moments: [Moment], total: Int, totalIsExact: Bool,
    nextPageToken: String?
  ) {
    self.video = video
    self.track = track
    self.moments = moments
    self.total = total
    self.totalIsExact = totalIsExact
    self.nextPageToken = nextPageToken
  }
}

/// How what somebody is typing may go on.
public struct Suggestion: Hashable, Sendable {
  /// The whole text, its last word completed.
  public var text: String
  /// Documents that have the word; 0 when the back end does not know.
  public var documents: Int

  public init(text: String, documents: Int) {
    self.text = text
    self.documents = documents
  }
}
