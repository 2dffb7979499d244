/// The YouTube Data API v3, so far as lists are read with it.
struct DataAPI {
  static let prefix = "/youtube/v3/"
  /// What a key looks like; any that does is taken.
  private static let keyPrefix = "AIza"
  /// Items on a page, at most.
  private static let maxResults = 50

  /// Why a request is turned down, as recorded.
  enum Refusal {
    case keyInvalid
    case quotaExceeded
    case playlistNotFound
    case badRequest

    var status: Int {
      switch self {
      case .keyInvalid, .badRequest: 400
      case .quotaExceeded: 403
      case .playlistNotFound: 404
      }
    }

    var body: JSONTree {
      let (reason, message, domain) =
        switch self {
        case .keyInvalid:
          ("badRequest", "API key not valid. Please pass a valid API key.", "global")
        case .quotaExceeded:
          (
            "quotaExceeded",
            "The request cannot be completed because you have exceeded your quota.",
            "youtube.quota"
          )
        case .playlistNotFound:
          (
            "playlistNotFound",
            "The playlist identified with the request's playlistId parameter cannot be found.",
            "youtube.playlistItem"
          )
        case .badRequest: ("badRequest", "No filter selected.", "youtube.parameter")
        }
      var error: [(String, JSONTree)] = [
        ("code", .integer(self.status)), ("message", .string(message)),
        (
          "errors",
          [
            [
              "message": .string(message), "domain": .string(domain), "reason": .string(reason),
            ]
          ]
        ),
      ]
      if self == .keyInvalid {
        error.append(
          (
            "details",
            [["@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"]]
          ))
      }
      return ["error": .object(error)]
    }
  }

  let catalog: Catalog

  /// Answers one call.
  func answer(_ method: String, query: QueryValues) -> (status: Int, body: JSONTree) {
    guard query["key"]?.hasPrefix(Self.keyPrefix) ?? false else {
      return (Refusal.keyInvalid.status, Refusal.keyInvalid.body)
    }
    let result: Result<JSONTree, Refusal> =
      switch method {
      case "playlistItems": self.items(query)
      case "playlists": self.playlists(query)
      default: .failure(.badRequest)
      }
    switch result {
    case .success(let body): return (200, body)
    case .failure(let refusal): return (refusal.status, refusal.body)
    }
  }

  private func items(_ query: QueryValues) -> Result<JSONTree, Refusal> {
    guard let id = query["playlistId"] else { return .failure(.badRequest) }
    guard let playlist = self.catalog.playlist(id), playlist.shape != .isPrivate else {
      return .failure(.playlistNotFound)
    }
    let size = min(max(query["maxResults"].flatMap { Int($0) } ?? 5, 1), Self.maxResults)
    // YouTube's tokens are opaque as well; ours say where the page begins.
    let start = query["pageToken"].map { Int($0.dropFirst(3)) ?? 0 } ?? 0
    // This way all of a list is seen, even where the web site stops early.
    let end = min(playlist.count, max(0, start) + size)
    let range = min(max(0, start), end)..<end
    var members: [(String, JSONTree)] = [("kind", "youtube#playlistItemListResponse")]
    if end < playlist.count { members.append(("nextPageToken", .string("EAA\(end)"))) }
    members.append(("items", .array(range.map { self.item(at: $0, of: playlist) })))
    members.append(
      (
        "pageInfo",
        ["totalResults": .integer(playlist.count), "resultsPerPage": .integer(size)]
      ))
    return .success(.object(members))
  }

  private func item(at index: Int, of playlist: SimulatedPlaylist) -> JSONTree {
    let id = playlist.videoID(at: index)
    let hidden = self.catalog.isUnavailable(at: index, of: playlist)
    let resource: JSONTree = ["kind": "youtube#video", "videoId": .string(id)]
    guard let video = self.catalog.video(id), !hidden, !video.isListedAsUnavailable else {
      let isPrivate =
        hidden ? index % 20 == 9 : self.catalog.video(id)?.availability == .isPrivate
      let title = isPrivate ? "Private video" : "Deleted video"
      return [
        "snippet": ["title": .string(title), "resourceId": resource],
        "contentDetails": ["videoId": .string(id)],
      ]
    }
    return [
      "snippet": [
        "title": .string(video.title), "position": .integer(index), "resourceId": resource,
        "videoOwnerChannelTitle": .string(video.channelTitle),
        "videoOwnerChannelId": .string(video.channelID),
      ],
      "contentDetails": [
        "videoId": .string(id), "videoPublishedAt": "2026-03-01T12:00:00Z",
      ],
    ]
  }

  private func playlists(_ query: QueryValues) -> Result<JSONTree, Refusal> {
    guard let id = query["id"] else { return .failure(.badRequest) }
    let found = self.catalog.playlist(id).flatMap { $0.shape == .isPrivate ? nil : $0 }
    return .success([
      "kind": "youtube#playlistListResponse",
      "items": .array(
        found.map { [["id": .string($0.id), "snippet": ["title": .string($0.title)]]] } ?? []),
    ])
  }
}

extension DataAPI.Refusal: Error {}
