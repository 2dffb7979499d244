public import API
internal import APIConversions
internal import RPC
public import Transcripts

/// Playlists as a transcript fetcher reads them, by RPC. Which fetcher is asked is the channel's choice.
public struct FetcherPlaylists: PlaylistSource {
  /// How long one listing may take: 100,000 videos at 100 a page, one page a second, and then some.
  public static let maxListingTime = Duration.seconds(3600)

  private let fetcher: FetcherClient

  public init(_ fetcher: FetcherClient) { self.fetcher = fetcher }

  public func pages(
    of source: SourceID, from cursor: String?,
    _ receive: @Sendable (PlaylistPage) async throws -> Void
  ) async throws {
    var request = FetcherListPlaylistRequest()
    request.sourceId = source.text
    request.cursor = cursor ?? ""
    var isComplete = false
    // While no fetcher can be reached the listing waits, lease and attempt kept: it is not the playlist's fault.
    let options = RPCOptions(timeout: Self.maxListingTime, waitForReady: true)
    do {
      for try await response in self.fetcher.listPlaylist(request, options: options) {
        let page = try PlaylistPage(response)
        try await receive(page)
        isComplete = page.cursor == nil
      }
    } catch let error as RPCError {
      throw FetchError(error)
    } catch let error as ConversionError {
      throw FetchError(.malformed, "A fetcher sent a page that cannot be right: \(error).")
    }
    // A stream that ends before the last page must not look like a short playlist.
    guard isComplete else {
      throw FetchError(.unreachable, "The fetcher ended the list before its last page.")
    }
  }
}
