internal import HTTPClient
internal import Telemetry
internal import Transcripts

extension PageAttempt {
  /// The first page; nil when the Data API is not to be asked, or not now.
  mutating func dataAPIPage(of playlist: String) async throws -> PlaylistPage? {
    guard let key = self.source.configuration.dataAPIKey, await self.dataAPIWait() == .zero else {
      return nil
    }
    let response = try await self.send(
      Requests.playlistItems(of: playlist, pageToken: nil, key: key))
    guard response.status == 200 else {
      let refusal = DataAPIRefusal(status: response.status, response.body)
      guard let pause = refusal.pause else {
        throw AttemptFailure(refusal.error(of: playlist), .video)
      }
      await self.pauseDataAPI(pause)
      return nil
    }
    let position = PlaylistCursor(playlist: playlist, token: "", page: 1, seen: 0)
    var page = try await self.dataAPIResult(response.body, after: position)
    let about = try await self.send(Requests.playlistTitle(of: playlist, key: key))
    page.title = about.status == 200 ? DataAPIReply.title(about.body) : nil
    return page
  }

  mutating func dataAPIPage(at position: PlaylistCursor) async throws -> PlaylistPage {
    guard let key = self.source.configuration.dataAPIKey else {
      throw AttemptFailure(
        FetchError(
          .misconfigured,
          "the list was begun with a key for the Data API and this fetcher has none; set the key"),
        .video)
    }
    var wait = await self.dataAPIWait()
    if wait == .zero {
      let response = try await self.send(
        Requests.playlistItems(of: position.playlist, pageToken: position.token, key: key))
      if response.status == 200 {
        return try await self.dataAPIResult(response.body, after: position)
      }
      let refusal = DataAPIRefusal(status: response.status, response.body)
      guard let pause = refusal.pause else {
        throw AttemptFailure(refusal.error(of: position.playlist), .video)
      }
      await self.pauseDataAPI(pause)
      wait = pause
    }
    throw AttemptFailure(
      FetchError(
        .throttled, "the quota of the Data API is used up in the middle of the list",
        retryAfter: wait), .video)
  }

  private func dataAPIResult(
    _ body: [UInt8], after position: PlaylistCursor
  ) async throws -> PlaylistPage {
    let reply: DataAPIReply
    do throws(FetchError) {
      reply = try await DataAPIReply.parse(body)
    } catch {
      throw AttemptFailure(error, .video)
    }
    return try self.result(
      items: reply.items, continuation: reply.nextPageToken, title: nil, total: reply.total,
      isDataAPI: true, after: position)
  }

  private func dataAPIWait() async -> Duration { await self.source.dataAPIPause.remaining }

  private func pauseDataAPI(_ duration: Duration) async {
    await self.source.dataAPIPause.begin(duration)
    self.source.logger.warning(
      "The quota of the Data API is used up; playlists are listed as the web site does meanwhile")
  }
}
