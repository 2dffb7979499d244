/// The replies that are only a few lines.
enum SmallReplies {
  /// `/youtubei/v1/navigation/resolve_url` for a channel.
  static func resolved(channelID: String, visitorData: String) -> JSONTree {
    [
      "responseContext": PlayerReply.context(visitorData),
      "endpoint": [
        "clickTrackingParams": "IhMIk7j4q-Sp",
        "commandMetadata": [
          "webCommandMetadata": [
            "url": "/youtubei/v1/navigation/resolve_url", "webPageType": "WEB_PAGE_TYPE_CHANNEL",
            "rootVe": 3611, "apiUrl": "/youtubei/v1/browse",
          ],
          "resolveUrlCommandMetadata": ["isVanityUrl": true],
        ],
        "browseEndpoint": ["browseId": .string(channelID), "params": "EgC4AQCSAwDyBgQKAjIA"],
      ],
    ]
  }

  /// An error of the InnerTube API.
  static func error(_ code: Int, _ status: String, _ message: String, _ reason: String) -> JSONTree
  {
    [
      "error": [
        "code": .integer(code), "message": .string(message),
        "errors": [["message": .string(message), "domain": "global", "reason": .string(reason)]],
        "status": .string(status),
      ]
    ]
  }

  static let notFound = Self.error(
    404, "NOT_FOUND", "Requested entity was not found.", "notFound")
  static let invalidArgument = Self.error(
    400, "INVALID_ARGUMENT", "Request contains an invalid argument.", "badRequest")
  static let preconditionFailed = Self.error(
    400, "FAILED_PRECONDITION", "Precondition check failed.", "failedPrecondition")

  /// The page that Google shows instead of everything to an address with too much traffic.
  static let captchaPage = """
    <!DOCTYPE html><html><head><title>https://www.youtube.com/watch</title></head><body>
    <form id="captcha-form" action="index" method="post"><div class="g-recaptcha"></div></form>
    <p>Our systems have detected unusual traffic from your computer network.</p></body></html>
    """

  /// A watch page: the key, and the player's reply to the WEB client.
  static func watchPage(title: String, key: String, player: [UInt8]) -> [UInt8] {
    // `<` inside the reply would end the script element early.
    let reply = String(decoding: player, as: UTF8.self).replacing("<", with: #"\u003c"#)
    let name = title.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    return Array(
      """
      <!DOCTYPE html><html lang="en"><head><title>\(name) - YouTube</title></head><body>
      <script nonce="sim">(function() {window.ytplayer={};
      ytcfg.set({"INNERTUBE_API_KEY":"\(key)","INNERTUBE_CONTEXT_CLIENT_NAME":1});})();</script>
      <script nonce="sim">var ytInitialPlayerResponse = \(reply);</script>
      </body></html>
      """.utf8)
  }

  /// The newest uploads of a channel, at most fifteen.
  static func feed(_ playlist: SimulatedPlaylist, catalog: Catalog) -> [UInt8] {
    func escape(_ text: String) -> String {
      text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    }
    var text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns="http://www.w3.org/2005/Atom">
       <yt:channelId>\(playlist.channelID.dropFirst(2))</yt:channelId>
       <title>\(escape(playlist.owner))</title>

      """
    for index in 0..<min(15, playlist.count) {
      guard let video = catalog.video(at: index, of: playlist) else { continue }
      text += """
         <entry>
          <id>yt:video:\(video.id)</id>
          <yt:videoId>\(video.id)</yt:videoId>
          <title>\(escape(video.title))</title>
          <link rel="alternate" href="https://www.youtube.com/watch?v=\(video.id)"/>
         </entry>

        """
    }
    return Array((text + "</feed>\n").utf8)
  }
}
