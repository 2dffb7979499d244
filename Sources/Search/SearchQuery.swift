public import Transcripts

public enum SearchOrder: Hashable, Sendable { case relevance, newest, oldest }

/// What to look for. Filters are combined with AND; several values in one filter with OR.
public struct SearchQuery: Hashable, Sendable {
  public var text: String
  /// 1 to 100.
  public var pageSize: Int
  /// `nextPageToken` of the page before; the other fields must not change between pages.
  public var pageToken: String?
  /// 1 to 20.
  public var momentsPerHit: Int
  public var order: SearchOrder
  public var languageCodes: [String]
  public var channelIDs: [String]
  public var playlistIDs: [String]
  public var videoIDs: [VideoID]
  public var kind: CaptionKind?

  public init(
    text: String, pageSize: Int = 20, pageToken: String? = nil, momentsPerHit: Int = 3,
    order: SearchOrder = .relevance, languageCodes: [String] = [], channelIDs: [String] = [],
    playlistIDs: [String] = [], videoIDs: [VideoID] = [], kind: CaptionKind? = nil
  ) {
    self.text = text
    self.pageSize = pageSize
    self.pageToken = pageToken
    self.momentsPerHit = momentsPerHit
    self.order = order
    self.languageCodes = languageCodes
    self.channelIDs = channelIDs
    self.playlistIDs = playlistIDs
    self.videoIDs = videoIDs
    self.kind = kind
  }
}

/// A page of hits.
public struct SearchResults: Hashable, Sendable {
  public var hits: [SearchHit]
  public var total: Int
  /// False: ``total`` is a lower bound.
  public var totalIsExact: Bool
  /// Nil on the last page.
  public var nextPageToken: String?
  /// Time spent in the index.
  public var took: Duration

  public init(
    hits: [SearchHit], total: Int, totalIsExact: Bool, nextPageToken: String?, took: Duration
  ) {
    self.hits = hits
    self.total = total
    self.totalIsExact = totalIsExact
    self.nextPageToken = nextPageToken
    self.took = took
  }
}

/// A video (one track of it) in which the query was found.
public struct SearchHit: Hashable, Sendable {
  public var video: Video
  public var track: CaptionTrack
  /// Higher is better; comparable within one query only.
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
