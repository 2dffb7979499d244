internal import HTTPClient
internal import JSON
internal import Transcripts

/// Builds the requests that YouTube's own apps make (InnerTube). Hosts are fixed here: nothing from outside chooses one.
enum Requests {
  static let origin = "https://www.youtube.com"
  /// Says that the consent page was answered (refused), so that it is not shown.
  private static let consentCookie = "SOCS=CAI"

  /// Asks what a video is and which caption tracks it has.
  ///
  /// - Parameter trimmed: Asks for the needed parts only.
  static func player(
    _ video: VideoID, as client: InnerTubeClient, visitorData: String?, trimmed: Bool
  ) -> HTTPClient.Request {
    guard client.endpoint == .player else { return Self.watchPage(video, as: client) }
    let body = Self.body(client, visitorData: visitorData) { json in
      json.member("videoId", video.text)
      json.member("contentCheckOk", true)
      json.member("racyCheckOk", true)
    }
    let fields = trimmed ? "&$fields=playabilityStatus,captions,videoDetails" : ""
    var request = Self.post(
      "player?prettyPrint=false\(fields)", body, as: client, visitorData: visitorData)
    request.maxBodyBytes = YouTubeConfiguration.maxPlayerBytes
    return request
  }

  private static func watchPage(
    _ video: VideoID, as client: InnerTubeClient
  ) -> HTTPClient.Request {
    HTTPClient.Request(
      url: "\(Self.origin)/watch?v=\(video.text)&hl=en&ucbcb=1",
      headers: [
        HTTPClient.Header("User-Agent", client.userAgent),
        HTTPClient.Header("Accept-Language", "en-US,en;q=0.9"),
        HTTPClient.Header("Cookie", Self.consentCookie),
      ], maxBodyBytes: YouTubeConfiguration.maxPlayerBytes)
  }

  /// Fetches a caption track.
  static func captions(
    _ address: CaptionAddress, format: CaptionFormat, translateTo: String? = nil,
    as client: InnerTubeClient
  ) -> HTTPClient.Request {
    HTTPClient.Request(
      url: address.url(format: format, translateTo: translateTo),
      headers: [
        HTTPClient.Header("User-Agent", client.userAgent),
        HTTPClient.Header("Accept-Language", "en-US,en;q=0.9"),
      ], maxBodyBytes: CaptionParser.maxBodyBytes)
  }

  /// Asks for a guest session.
  static func visitorData(as client: InnerTubeClient) -> HTTPClient.Request {
    let body = Self.body(client, visitorData: nil) { _ in }
    var request = Self.post(
      "visitor_id?prettyPrint=false", body, as: client, visitorData: nil)
    request.maxBodyBytes = YouTubeConfiguration.maxSmallReplyBytes
    return request
  }

  /// Asks for the beginning of a playlist, unavailable videos included.
  static func browse(
    playlist: String, as client: InnerTubeClient, visitorData: String?
  ) -> HTTPClient.Request {
    Self.browse(client, visitorData) { json in
      json.member("browseId", "VL" + playlist)
      json.member("params", "wgYCCAA=")
    }
  }

  /// Asks for the page that a token stands for.
  static func browse(
    continuation: String, as client: InnerTubeClient, visitorData: String?
  ) -> HTTPClient.Request {
    Self.browse(client, visitorData) { $0.member("continuation", continuation) }
  }

  private static func browse(
    _ client: InnerTubeClient, _ visitorData: String?, _ members: (inout JSONWriter) -> Void
  ) -> HTTPClient.Request {
    var request = Self.post(
      "browse?prettyPrint=false", Self.body(client, visitorData: visitorData, members), as: client,
      visitorData: visitorData)
    request.headers.append(HTTPClient.Header("Cookie", Self.consentCookie))
    request.maxBodyBytes = YouTubeConfiguration.maxBrowseBytes
    return request
  }

  /// Asks which channel a name (`@name`, `c/name`, `user/name`) stands for.
  static func resolve(
    name: String, as client: InnerTubeClient, visitorData: String?
  ) -> HTTPClient.Request {
    let body = Self.body(client, visitorData: visitorData) {
      $0.member("url", "\(Self.origin)/\(name)")
    }
    var request = Self.post(
      "navigation/resolve_url?prettyPrint=false", body, as: client, visitorData: visitorData)
    request.maxBodyBytes = YouTubeConfiguration.maxSmallReplyBytes
    return request
  }

  // MARK: The Data API

  private static let dataAPI = "https://www.googleapis.com/youtube/v3"
  /// The most it gives.
  static let dataAPIPageSize = 50

  /// Asks the Data API for a page of a playlist. One unit of quota.
  static func playlistItems(
    of playlist: String, pageToken: String?, key: String
  ) -> HTTPClient.Request {
    let fields =
      "nextPageToken,pageInfo/totalResults,items(snippet(title,videoOwnerChannelId,"
      + "videoOwnerChannelTitle,resourceId/videoId),contentDetails(videoId,videoPublishedAt))"
    let page = pageToken.map { "&pageToken=\(Self.encoded($0))" } ?? ""
    return Self.dataAPI(
      "playlistItems?part=snippet,contentDetails&maxResults=\(Self.dataAPIPageSize)"
        + "&playlistId=\(Self.encoded(playlist))\(page)&fields=\(Self.encoded(fields))", key: key)
  }

  /// Asks the Data API for a playlist's title. One unit of quota.
  static func playlistTitle(of playlist: String, key: String) -> HTTPClient.Request {
    Self.dataAPI(
      "playlists?part=snippet&id=\(Self.encoded(playlist))&fields=items/snippet/title", key: key)
  }

  private static func dataAPI(_ path: String, key: String) -> HTTPClient.Request {
    HTTPClient.Request(
      url: "\(Self.dataAPI)/\(path)&key=\(Self.encoded(key))",
      headers: [HTTPClient.Header("Accept", "application/json")],
      maxBodyBytes: YouTubeConfiguration.maxSmallReplyBytes)
  }

  /// Percent-encodes all but what RFC 3986 never reserves.
  private static func encoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: bytes.append(byte)
      default:
        let digits = Array("0123456789ABCDEF".utf8)
        bytes += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  // MARK: Parts

  private static func post(
    _ path: String, _ body: [UInt8], as client: InnerTubeClient, visitorData: String?
  ) -> HTTPClient.Request {
    var headers = [
      HTTPClient.Header("Content-Type", "application/json"),
      HTTPClient.Header("User-Agent", client.userAgent),
      HTTPClient.Header("Accept-Language", "en-US,en;q=0.9"),
      HTTPClient.Header("X-YouTube-Client-Name", String(client.number)),
      HTTPClient.Header("X-YouTube-Client-Version", client.version),
    ]
    if client.sendsOrigin {
      headers.append(HTTPClient.Header("Origin", Self.origin))
      headers.append(HTTPClient.Header("Referer", Self.origin))
    } else {
      headers.append(HTTPClient.Header("X-Goog-Api-Format-Version", "2"))
    }
    if let visitorData, client.usesVisitorData {
      headers.append(HTTPClient.Header("X-Goog-Visitor-Id", visitorData))
    }
    return HTTPClient.Request(
      method: .post, url: "\(Self.origin)/youtubei/v1/\(path)", headers: headers, body: body)
  }

  /// `{"context":{"client":{…}}, …}`. Answers are asked for in English: reasons are told apart by their words.
  private static func body(
    _ client: InnerTubeClient, visitorData: String?, _ members: (inout JSONWriter) -> Void
  ) -> [UInt8] {
    var json = JSONWriter(reservingCapacity: 512)
    json.object { json in
      json.key("context")
      json.object { json in
        json.key("client")
        json.object { json in
          json.member("clientName", client.name)
          json.member("clientVersion", client.version)
          json.member("hl", "en")
          json.member("gl", "US")
          for entry in client.context {
            switch entry.value {
            case .string(let text): json.member(entry.key, text)
            case .number(let number): json.member(entry.key, number)
            }
          }
          if let visitorData, client.usesVisitorData { json.member("visitorData", visitorData) }
        }
      }
      members(&json)
    }
    return json.bytes
  }
}
