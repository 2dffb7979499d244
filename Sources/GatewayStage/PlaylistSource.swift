public import Transcripts

/// Where the pages of playlists come from: the transcript fetchers, asked by RPC (``FetcherPlaylists``).
public protocol PlaylistSource: Sendable {
  /// Calls `receive` with each page from `cursor` on, in order, one at a time; the next page waits until it returns.
  ///
  /// - Parameters:
  ///   - cursor: ``PlaylistPage/cursor`` of the last page that was kept; nil: from the start.
  ///   - receive: What it throws ends the listing and is thrown on.
  /// - Throws: ``FetchError`` when the list cannot be read.
  func pages(
    of source: SourceID, from cursor: String?,
    _ receive: @Sendable (PlaylistPage) async throws -> Void
  ) async throws
}
