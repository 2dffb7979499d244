public import Transcripts

extension YouTubeSource {
  /// Fetches the page of `source` at `cursor`; nil is the first page.
  ///
  /// A page may be empty and still have a cursor. A playlist may end before its stated total: YouTube stops some
  /// listings early, and then the rest is asked for in another way once; whoever collects the pages compares the count.
  /// With ``YouTubeConfiguration/dataAPIKey`` the Data API is asked, which lists everything.
  ///
  /// - Throws: ``FetchError``; `CancellationError`.
  public func playlistPage(
    of source: SourceID, cursor: String?, deadline: ContinuousClock.Instant
  ) async throws -> PlaylistPage {
    if case .video(let id) = source {
      return PlaylistPage(items: [PlaylistItem(video: Video(id: id))], statedTotal: 1)
    }
    let position = try cursor.map { text throws(FetchError) in try PlaylistCursor(text) }
    return try await self.withEgress(deadline: deadline) { egress in
      var attempt = PageAttempt(source: self, egress: egress, deadline: deadline)
      if let position { return try await attempt.page(at: position) }
      return try await attempt.firstPage(of: source)
    }
  }
}
