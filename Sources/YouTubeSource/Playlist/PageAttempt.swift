internal import HTTPClient
internal import JSON
internal import Telemetry
internal import Transcripts

/// One page through one egress identity.
struct PageAttempt {
  let source: YouTubeSource
  let egress: Egress
  let deadline: ContinuousClock.Instant
  private var hasPermit = true

  var exchange: Exchange { self.source.exchange }
  private var client: InnerTubeClient { self.source.configuration.browseClient }

  init(source: YouTubeSource, egress: Egress, deadline: ContinuousClock.Instant) {
    self.source = source
    self.egress = egress
    self.deadline = deadline
  }

  // MARK: The first page

  mutating func firstPage(of source: SourceID) async throws -> PlaylistPage {
    let playlist = try await self.playlistID(of: source)
    if let page = try await self.dataAPIPage(of: playlist) { return page }
    let visitorData = try await self.visitorData()
    let request = Requests.browse(playlist: playlist, as: self.client, visitorData: visitorData)
    let response = try await self.send(request)
    switch response.status {
    case 200: break
    case 404:
      await self.exchange.report(self.egress, .ok)
      throw AttemptFailure(Self.notFound(source), .video)
    case 400:
      await self.exchange.report(self.egress, .ok)
      throw AttemptFailure(
        FetchError(
          .unsupportedPlaylist, "YouTube does not know \(source.text) as a playlist (HTTP 400)"),
        .video)
    default: throw await self.refused(response.status)
    }
    var reply = try await self.parse(response.body)
    let visitor = reply.visitorData ?? visitorData
    if reply.items.isEmpty, reply.continuation == nil, reply.statedTotal ?? 0 > 0 {
      // The page says how many videos there are and lists none: ask for the list by itself.
      let token = ContinuationToken.firstPage(of: playlist)
      let list = try await self.page(token: token, visitorData: visitor, isLater: false)
      reply.items = list.items
      reply.continuation = list.continuation
    }
    await self.exchange.report(self.egress, .ok)
    var position = PlaylistCursor(playlist: playlist, token: "", page: 1, seen: 0)
    position.statedTotal = reply.statedTotal
    position.visitorData = visitor
    return try self.result(reply, after: position)
  }

  private mutating func playlistID(of source: SourceID) async throws -> String {
    switch source {
    case .playlist(let id): return id
    case .channel(let id):
      guard let uploads = SourceID.uploadsPlaylistID(ofChannel: id) else {
        throw AttemptFailure(
          FetchError(.invalidID, "'\(id)' is not a channel's identifier"), .video)
      }
      return uploads
    case .channelName(let name): return try await self.uploads(ofChannelNamed: name)
    case .video:
      // Answered before any request.
      throw AttemptFailure(FetchError(.invalidID, "a video is not a playlist"), .video)
    }
  }

  private mutating func uploads(ofChannelNamed name: String) async throws -> String {
    let visitorData = try await self.visitorData()
    let response = try await self.send(
      Requests.resolve(name: name, as: self.client, visitorData: visitorData))
    switch response.status {
    case 200: break
    case 400, 404:
      await self.exchange.report(self.egress, .ok)
      throw AttemptFailure(
        FetchError(.notFound, "YouTube knows no channel named \(name)"), .video)
    default: throw await self.refused(response.status)
    }
    let channel: String
    do throws(FetchError) {
      channel = try Self.channelID(response.body) ?? ""
    } catch {
      throw await self.failure(error)
    }
    guard let uploads = SourceID.uploadsPlaylistID(ofChannel: channel) else {
      throw AttemptFailure(FetchError(.notFound, "\(name) does not lead to a channel"), .video)
    }
    return uploads
  }

  private static func channelID(_ body: [UInt8]) throws(FetchError) -> String? {
    let document = try Reply.document(body, what: "the answer about a channel's name")
    return JSONPlace(document.root)["endpoint"]["browseEndpoint"]["browseId"].string
  }

  private static func notFound(_ source: SourceID) -> FetchError {
    switch source {
    case .channel, .channelName:
      FetchError(.notFound, "the channel \(source.text) does not exist or has no public videos")
    default: FetchError(.notFound, "the playlist \(source.text) does not exist or is private")
    }
  }

  // MARK: Later pages

  mutating func page(at position: PlaylistCursor) async throws -> PlaylistPage {
    if position.isDataAPI { return try await self.dataAPIPage(at: position) }
    let reply: BrowseReply
    do {
      reply = try await self.page(
        token: position.token, visitorData: position.visitorData, isLater: true)
    } catch let failure as AttemptFailure where position.isGuess && failure.scope == .video {
      // The list had ended; this only tried whether there is more.
      return PlaylistPage(items: [], statedTotal: position.statedTotal)
    }
    await self.exchange.report(self.egress, .ok)
    if position.isGuess {
      // Not more, but the same again.
      let isNew = reply.items.first?.index.map { $0 >= position.seen } ?? false
      guard isNew else { return PlaylistPage(items: [], statedTotal: position.statedTotal) }
    }
    return try self.result(reply, after: position)
  }

  private mutating func page(
    token: String, visitorData: String?, isLater: Bool
  ) async throws -> BrowseReply {
    let request = Requests.browse(
      continuation: token, as: self.client, visitorData: visitorData)
    let response = try await self.send(request)
    switch response.status {
    case 200: return try await self.parse(response.body)
    case 400, 404:
      // Seen in the middle of lists that are fine: worth another try.
      throw AttemptFailure(
        FetchError(
          .unreachable,
          "YouTube did not know a later page of the playlist (HTTP \(response.status))"),
        .video)
    default: throw await self.refused(response.status)
    }
  }

  // MARK: Both

  private func parse(_ body: [UInt8]) async throws -> BrowseReply {
    let reply: BrowseReply
    do throws(FetchError) {
      reply = try await BrowseReply.parse(body)
    } catch {
      throw await self.failure(error)
    }
    if let error = reply.error {
      await self.exchange.report(self.egress, .ok)
      throw AttemptFailure(error, .video)
    }
    return reply
  }

  private func result(
    _ reply: BrowseReply, after position: PlaylistCursor
  ) throws(AttemptFailure) -> PlaylistPage {
    var position = position
    position.visitorData = reply.visitorData ?? position.visitorData
    return try self.result(
      items: reply.items.map(\.item), continuation: reply.continuation, title: reply.title,
      total: reply.statedTotal, isDataAPI: false, after: position)
  }

  /// Makes the page and the cursor behind it.
  func result(
    items: [PlaylistItem], continuation: String?, title: String?, total: Int?, isDataAPI: Bool,
    after position: PlaylistCursor
  ) throws(AttemptFailure) -> PlaylistPage {
    var page = PlaylistPage(
      items: items, title: title, statedTotal: total ?? position.statedTotal)
    var next = position
    next.statedTotal = page.statedTotal
    next.seen += items.count
    next.page = position.token.isEmpty ? 1 : position.page + 1
    next.isGuess = false
    next.isDataAPI = isDataAPI
    if let continuation {
      next.token = continuation
    } else if isDataAPI {
      return page
    } else if let total = page.statedTotal, next.seen < total, next.seen > 0 {
      // YouTube stops some listings at 100 or 200 items. The page that should follow is asked for by its number.
      next.token = ContinuationToken.page(of: next.playlist, index: next.seen)
      next.isGuess = true
    } else {
      return page
    }
    let hash = PlaylistCursor.hash(next.token)
    guard !position.hashes.contains(hash) else {
      self.source.logger.warning(
        "A playlist's pages lead back to an earlier one", [.playlistID: position.playlist])
      return page
    }
    guard next.page <= PlaylistCursor.maxPages else {
      throw AttemptFailure(
        FetchError(.tooLarge, "the playlist has more than \(PlaylistCursor.maxPages) pages"), .video
      )
    }
    next.hashes = Array((position.hashes + [hash]).suffix(PlaylistCursor.maxRemembered))
    guard let text = next.text else {
      throw AttemptFailure(
        FetchError(.malformed, "the token for the playlist's next page is too long"), .video)
    }
    page.cursor = text
    return page
  }

  /// Statuses other than 200, 400 and 404.
  private func refused(_ status: Int) async -> AttemptFailure {
    if status == 403 {
      await self.exchange.report(self.egress, .blocked)
      return AttemptFailure(
        FetchError(.blocked, "YouTube refuses to list playlists to this address (HTTP 403)"),
        .identity)
    }
    return AttemptFailure(
      FetchError(.malformed, "YouTube answered with HTTP \(status) where a playlist was asked for"),
      .video)
  }

  private func failure(_ error: FetchError) async -> AttemptFailure {
    if error.kind == .blocked { await self.exchange.report(self.egress, .blocked) }
    return AttemptFailure(error, error.kind == .blocked ? .identity : .video)
  }

  private func visitorData() async throws -> String? {
    try await self.exchange.visitorData(
      via: self.egress, as: self.client, deadline: self.deadline)
  }

  mutating func send(_ request: HTTPClient.Request) async throws -> HTTPClient.Response {
    guard self.hasPermit else {
      return try await self.exchange.send(request, via: self.egress, deadline: self.deadline)
    }
    self.hasPermit = false
    return try await self.exchange.sendPermitted(
      request, via: self.egress, deadline: self.deadline)
  }
}
