internal import JSON
internal import Transcripts

/// A page of a playlist as the YouTube Data API answers (`playlistItems.list`), in our words.
struct DataAPIReply: Sendable {
  var items: [PlaylistItem] = []
  /// Leads to the next page.
  var nextPageToken: String?
  /// Hidden videos included.
  var total: Int?

  @concurrent
  static func parse(_ body: [UInt8]) async throws(FetchError) -> DataAPIReply {
    try DataAPIReply(body)
  }

  /// Reads an answer's JSON.
  ///
  /// - Throws: ``FetchError`` (`malformed`).
  init(_ body: [UInt8]) throws(FetchError) {
    let document = try Reply.document(body, what: "the Data API's page of the playlist")
    let root = JSONPlace(document.root)
    guard root["items"].exists else {
      throw FetchError(.malformed, "the Data API's page of the playlist has no items")
    }
    self.nextPageToken = root["nextPageToken"].string
    self.total = root["pageInfo"]["totalResults"].integer.map { Int(clamping: $0) }
    self.items = root["items"].elements.compactMap(Self.item)
  }

  private static func item(_ node: JSONPlace) -> PlaylistItem? {
    let snippet = node["snippet"]
    let details = node["contentDetails"]
    let id = details["videoId"].string ?? snippet["resourceId"]["videoId"].string
    guard let id = id.flatMap({ VideoID($0) }) else { return nil }
    let published = details["videoPublishedAt"].string
    let video = Video(
      id: id, title: snippet["title"].string ?? "",
      channelID: snippet["videoOwnerChannelId"].string ?? "",
      channelTitle: snippet["videoOwnerChannelTitle"].string ?? "",
      publishedMilliseconds: published.flatMap(Timestamps.milliseconds(iso8601:)))
    // Only these have neither a date nor an owner, so that a video of such a title is not taken for one.
    let isBare = published == nil && video.channelID.isEmpty
    let reason: String? =
      switch video.title {
      case "Private video" where isBare: "private"
      case "Deleted video" where isBare: "deleted"
      default: nil
      }
    return PlaylistItem(video: video, unavailableReason: reason)
  }

  /// The title in an answer of `playlists.list`; nil when it has none.
  static func title(_ body: [UInt8]) -> String? {
    // A list without its title is better than none: the title is asked for in a request of its own.
    let document = try? Reply.document(body, what: "the Data API's answer about the playlist")
    return JSONPlace(document?.root)["items"][0]["snippet"]["title"].string
  }
}

/// Why the Data API turned a request down.
struct DataAPIRefusal: Hashable, Sendable {
  /// `error.errors[].reason` and `error.details[].reason`, whichever the answer has.
  let reasons: Set<String>
  let status: Int

  init(status: Int, _ body: [UInt8]) {
    self.status = status
    // A body that cannot be read leaves the status to go by.
    let error = JSONPlace((try? Reply.document(body, what: "the Data API's error"))?.root)["error"]
    self.reasons = Set(
      (error["errors"].elements + error["details"].elements).compactMap { $0["reason"].string })
  }

  /// How long nothing should be asked; nil when the quota is not the reason.
  ///
  /// A day's quota comes back at midnight in California. Asking once an hour costs one unit, and no calendar.
  var pause: Duration? {
    if !self.reasons.isDisjoint(with: ["quotaExceeded", "dailyLimitExceeded"]) {
      return .seconds(3600)
    }
    let isRate = !self.reasons.isDisjoint(with: [
      "rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED",
    ])
    return isRate ? .seconds(60) : nil
  }

  /// What it means for a list.
  func error(of playlist: String) -> FetchError {
    switch self.status {
    case 404:
      return FetchError(.notFound, "the playlist \(playlist) does not exist or is private")
    case 403 where self.reasons.contains("playlistItemsNotAccessible"):
      return FetchError(.isPrivate, "the playlist \(playlist) is private")
    case 400 where self.reasons.isDisjoint(with: Self.keyReasons):
      return FetchError(
        .unsupportedPlaylist, "the Data API does not know \(playlist) as a playlist (HTTP 400)")
    case 400, 401, 403:
      let reason = self.reasons.sorted().joined(separator: ", ")
      return FetchError(
        .misconfigured,
        "the Data API refuses the key (HTTP \(self.status)\(reason.isEmpty ? "" : ", \(reason)")); "
          + "check the key and that the YouTube Data API v3 is enabled for it, or remove the key")
    default:
      return FetchError(.malformed, "the Data API answered with HTTP \(self.status)")
    }
  }

  private static let keyReasons: Set<String> = [
    "keyInvalid", "API_KEY_INVALID", "keyExpired", "badRequest",
  ]
}
