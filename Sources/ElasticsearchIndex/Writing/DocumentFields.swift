/// The names of a document's fields.
enum Field {
  static let id = "id"
  static let video = "video_id"
  static let channel = "channel_id"
  static let playlists = "playlists"
  /// Lower case.
  static let language = "language"
  /// `pt-br` and `pt`: what a filter for languages finds.
  static let languages = "languages"
  static let kind = "kind"
  /// When it was published, or else fetched: milliseconds since 1970.
  static let dated = "dated"
  static let year = "year"
  /// Normalized tokens, separated by spaces.
  static let title = "title"
  static let text = "text"
  /// Of all that is stored but the time of fetching, why the track was chosen, and the playlists.
  static let hash = "content_hash"
  static let fetched = "fetched"
  static let indexed = "indexed_at"
  /// Not searched: what is shown, see ``Shown``.
  static let shown = "shown"
  /// Not searched: see ``SegmentsBlob``.
  static let segments = "segments"

  /// Members of the object ``Field/shown``.
  enum Shown {
    static let title = "title"
    static let channelTitle = "channel"
    static let duration = "duration_ms"
    static let published = "published"
    static let language = "language"
    static let trackName = "track"
    static let translatedFrom = "translated_from"
    static let reason = "selection_reason"
  }
}
