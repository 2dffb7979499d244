public import Transcripts

/// A transcript to be indexed, with the playlists that it belongs to.
public struct IndexDocument: Hashable, Sendable {
  public var transcript: Transcript
  /// Playlists that it is known to be in; added to those already recorded.
  public var playlistIDs: [String]

  public init(transcript: Transcript, playlistIDs: [String]) {
    self.transcript = transcript
    self.playlistIDs = playlistIDs
  }
}

/// What became of one document.
public enum IndexOutcome: Hashable, Sendable {
  /// Written, and durable.
  case indexed
  /// The same content was there already, or content that was fetched later.
  case unchanged
  /// This document can never be indexed; the reason is for people.
  case rejected(String)
}

/// Asks for documents as they are stored, whatever is said in them: for exports and for copies.
public struct DocumentsQuery: Hashable, Sendable {
  public var index: IndexName
  public var filters: SearchFilters
  /// 1 to ``SearchLimits/maxDocumentsPage``. A page may hold fewer while more follow.
  public var pageSize: Int
  /// `nextCursor` of the page before; the other fields must not change between pages.
  public var cursor: String?

  public init(
    index: IndexName = .default, filters: SearchFilters = SearchFilters(), pageSize: Int = 50,
    cursor: String? = nil
  ) {
    self.index = index
    self.filters = filters
    self.pageSize = pageSize
    self.cursor = cursor
  }
}

/// A page of documents.
///
/// Over all pages each document comes exactly once, whatever is written meanwhile: one that is written or removed while
/// pages are read may be missing or come in either state.
public struct DocumentsPage: Hashable, Sendable {
  public var documents: [IndexDocument]
  /// Nil on the last page.
  public var nextCursor: String?

  public init(documents: [IndexDocument], nextCursor: String?) {
    self.documents = documents
    self.nextCursor = nextCursor
  }
}
