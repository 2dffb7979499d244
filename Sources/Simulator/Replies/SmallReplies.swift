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

  /// The page that Europe sees before its first cookie; a form posts `v` back.
  static let consentPage = """
    <!DOCTYPE html><html lang="en"><head><title>Before you continue to YouTube</title></head><body>
    <form action="https://consent.youtube.com/s" method="POST"><input type="hidden" name="gl" value="DE">
    <input type="hidden" name="v" value="cb.20260708-13-p0.en+FX+410"><button>Accept all</button></form>
    </body></html>
    """

  /// A page of the web site: the settings, and the data that its scripts begin with.
  static func page(
    title: String, key: String, version: String, variables: [(name: String, value: [UInt8])]
  ) -> [UInt8] {
    let name = title.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    let scripts = variables.map { variable in
      // `<` inside the data would end the script element early.
      let value = String(decoding: variable.value, as: UTF8.self).replacing("<", with: #"\u003c"#)
      return #"<script nonce="sim">var \#(variable.name) = \#(value);</script>"#
    }
    return Array(
      """
      <!DOCTYPE html><html lang="en"><head><title>\(name) - YouTube</title></head><body>
      <script nonce="sim">(function() {window.ytplayer={};
      ytcfg.set({"INNERTUBE_API_KEY":"\(key)","INNERTUBE_API_VERSION":"v1",\
      "INNERTUBE_CLIENT_NAME":"WEB","INNERTUBE_CLIENT_VERSION":"\(version)",\
      "INNERTUBE_CONTEXT":{"client":{"hl":"en","gl":"US","clientName":"WEB","clientVersion":"\(version)"}},\
      "INNERTUBE_CONTEXT_CLIENT_NAME":1});})();</script>
      \(scripts.joined(separator: "\n"))
      </body></html>
      """.utf8)
  }

  /// What `/youtubei/v1/next` and a watch page say around the player.
  static func watchNext(_ video: SimulatedVideo?, visitorData: String) -> JSONTree {
    let title = video?.title ?? ""
    return [
      "responseContext": PlayerReply.context(visitorData),
      "contents": [
        "twoColumnWatchNextResults": [
          "results": [
            "results": [
              "contents": [
                ["videoPrimaryInfoRenderer": ["title": .runs(title)]],
                [
                  "videoSecondaryInfoRenderer": [
                    "owner": [
                      "videoOwnerRenderer": ["title": .runs(video?.channelTitle ?? "")]
                    ]
                  ]
                ],
              ]
            ]
          ]
        ]
      ],
      "currentVideoEndpoint": ["watchEndpoint": ["videoId": .string(video?.id ?? "")]],
      "trackingParams": "CAAQu2kiEwjK",
    ]
  }

  /// The `list` of `https://www.youtube.com/playlist?list=…`; nil for any other address.
  static func playlistID(ofURL url: String) -> String? {
    guard url.contains("youtube.com/playlist?"), let start = url.firstRange(of: "list=") else {
      return nil
    }
    return String(url[start.upperBound...].prefix { $0 != "&" && $0 != "#" })
  }

  /// `/youtubei/v1/navigation/resolve_url` for a playlist.
  static func resolved(playlistID: String, visitorData: String) -> JSONTree {
    [
      "responseContext": PlayerReply.context(visitorData),
      "endpoint": [
        "clickTrackingParams": "IhMIk7j4q-Sp",
        "browseEndpoint": ["browseId": .string("VL" + playlistID)],
      ],
    ]
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
