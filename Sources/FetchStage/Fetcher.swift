public import API
internal import APIConversions
public import RPC
public import Transcripts

/// The fetcher's service: reads playlists and single transcripts for those who ask by RPC.
///
/// It shares the rate limits of the process' egress identities with the ``FetchWorker``.
public struct Fetcher: FetcherService {
  /// How long one page of a playlist may take, the wait for a permit included.
  public static let maxPageTime = Duration.seconds(60)
  /// How long one transcript may take, whatever the caller's deadline.
  public static let maxTranscriptTime = Duration.seconds(120)

  private let source: any TranscriptSource

  public init(source: any TranscriptSource) { self.source = source }

  public func listPlaylist(
    _ request: FetcherListPlaylistRequest, responses: RPCResponses<FetcherListPlaylistResponse>,
    context: RPCContext
  ) async throws {
    guard let playlist = SourceID(canonical: request.sourceId) else {
      throw RPCError(
        .invalidArgument,
        "source_id \"\(request.sourceId.prefix(80))\" is not the canonical form of a playlist, a channel or a video."
      )
    }
    try await self.translatingErrors {
      var cursor = request.cursor.isEmpty ? nil : request.cursor
      repeat {
        let page = try await self.source.playlistPage(
          of: playlist, cursor: cursor, deadline: Self.deadline(context, Self.maxPageTime))
        // A page that leads to itself would be read for ever.
        guard page.cursor == nil || page.cursor != cursor else {
          throw FetchError(.malformed, "The playlist's next page is the same page again.")
        }
        try await responses.send(FetcherListPlaylistResponse(page))
        cursor = page.cursor
      } while cursor != nil
    }
  }

  public func fetchTranscript(
    _ request: FetcherFetchTranscriptRequest, context: RPCContext
  ) async throws -> FetcherFetchTranscriptResponse {
    guard let video = VideoID(request.videoId) else {
      throw RPCError(
        .invalidArgument, "\"\(request.videoId.prefix(80))\" is not a video's identifier.")
    }
    return try await self.translatingErrors {
      let transcript = try await self.source.transcript(
        of: video, languages: try LanguagePreference(request.languages),
        deadline: Self.deadline(context, Self.maxTranscriptTime))
      var response = FetcherFetchTranscriptResponse()
      response.transcript = APITranscript(transcript)
      return response
    }
  }

  private static func deadline(
    _ context: RPCContext, _ longest: Duration
  ) -> ContinuousClock.Instant {
    min(context.deadline ?? .now + longest, .now + longest)
  }

  /// The one place where what the source throws becomes a status.
  private func translatingErrors<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
      return try await body()
    } catch let error as FetchError {
      throw RPCError(error)
    } catch let error as ConversionError {
      throw RPCError(.invalidArgument, error.description)
    }
  }
}
