internal import JSON
internal import Transcripts

/// What the player's answer says about a video, in our words.
struct PlayerReply: Sendable {
  struct Track: Sendable {
    var track: CaptionTrack
    /// Tells tracks of one language apart: `.en`, `a.en`, `.ar.kH2EDplw2PE`.
    var vssID: String
    /// As it was sent.
    var baseURL: String?
    var isTranslatable: Bool

    /// Nil: not an address that may be contacted. Checked when it is asked for: one track of many is fetched.
    var address: CaptionAddress? { self.baseURL.flatMap { CaptionAddress($0) } }

    var offered: OfferedTrack {
      OfferedTrack(self.track, id: self.vssID, isTranslatable: self.isTranslatable)
    }
  }

  /// `playabilityStatus.status`; nil when the whole part is missing.
  var status: String?
  var reason: String?
  /// Other sentences about why it cannot be played.
  var details: [String] = []
  var hasCaptcha = false
  var hasAgeGate = false
  /// Of a stream or premiere that did not begin, in seconds since 1970.
  var scheduledStartSeconds: Int64?
  /// Which video it speaks of; nil when it does not say.
  var videoID: String?
  var title = ""
  var channelID = ""
  var channelTitle = ""
  var durationMilliseconds: Int64 = 0
  var publishedMilliseconds: Int64?
  var isLiveNow = false
  var isUpcoming = false
  var tracks: [Track] = []
  /// Into ``tracks``: what is shown by default with the video's own sound.
  var defaultTrackIndex: Int?
  var translationLanguages: [String] = []

  /// The most tracks that are read. Recorded: 36.
  static let maxTracks = 1000

  /// Reads an answer: the player's, one wrapped in `playerResponse`, or a watch page with one inside.
  ///
  /// - Throws: ``FetchError``: `malformed`, or `blocked` for a captcha page, `misconfigured` for a consent page.
  @concurrent
  static func parse(_ body: [UInt8], isPage: Bool) async throws(FetchError) -> PlayerReply {
    let json = isPage ? try WebPage(body).object(after: "ytInitialPlayerResponse") : body
    return try PlayerReply(json)
  }

  /// Reads the answer's JSON.
  init(_ body: [UInt8]) throws(FetchError) {
    let document = try Reply.document(body, what: "the player's answer")
    let root = JSONPlace(document.root)
    let wrapped = root["playerResponse"]
    self.init(wrapped.exists ? wrapped : root)
  }

  private init(_ root: JSONPlace) {
    self.readPlayability(root["playabilityStatus"])
    self.readDetails(root["videoDetails"])
    let published = root["microformat"]["playerMicroformatRenderer"]["publishDate"].string
    self.publishedMilliseconds = published.flatMap(Timestamps.milliseconds(iso8601:))
    self.readCaptions(root["captions"]["playerCaptionsTracklistRenderer"])
  }

  private mutating func readPlayability(_ node: JSONPlace) {
    self.status = node["status"].string
    self.reason = node["reason"].text
    let screen = node["errorScreen"]
    let message = screen["playerErrorMessageRenderer"]
    self.details = node["messages"].elements.compactMap(\.string)
    for part in [message["reason"].text, message["subreason"].text] {
      if let part, part != self.reason { self.details.append(part) }
    }
    self.hasCaptcha = screen["playerCaptchaViewModel"].exists
    self.hasAgeGate = node["desktopLegacyAgeGateReason"].exists
    let slate = node["liveStreamability"]["liveStreamabilityRenderer"]["offlineSlate"]
    self.scheduledStartSeconds =
      slate["liveStreamOfflineSlateRenderer"]["scheduledStartTime"].integer
  }

  private mutating func readDetails(_ node: JSONPlace) {
    self.videoID = node["videoId"].string
    self.title = node["title"].string ?? ""
    self.channelID = node["channelId"].string ?? ""
    self.channelTitle = node["author"].string ?? ""
    self.isLiveNow = node["isLive"].bool ?? false
    self.isUpcoming = node["isUpcoming"].bool ?? false
    let seconds = node["lengthSeconds"].integer ?? 0
    // A thousand hours: longer than any video.
    if (1...3_600_000).contains(seconds) { self.durationMilliseconds = seconds * 1000 }
  }

  private mutating func readCaptions(_ node: JSONPlace) {
    // Tracks are pointed at by their position, so the positions are kept when one is left out.
    var positions: [Int: Int] = [:]
    var seen: Set<String> = []
    for (position, entry) in node["captionTracks"].elements.enumerated() {
      guard position < Self.maxTracks, let track = Self.track(entry) else { continue }
      guard seen.insert(track.vssID).inserted else { continue }
      positions[position] = self.tracks.count
      self.tracks.append(track)
    }
    let audioIndex = node["defaultAudioTrackIndex"].integer ?? 0
    let audio = node["audioTracks"][Int(clamping: audioIndex)]
    let position = audio["defaultCaptionTrackIndex"].integer
    self.defaultTrackIndex = position.flatMap { positions[Int(clamping: $0)] }
    self.translationLanguages = node["translationLanguages"].elements.compactMap {
      // It goes into an address.
      $0["languageCode"].string.flatMap { $0.isPlainLanguageCode ? $0 : nil }
    }
  }

  private static func track(_ node: JSONPlace) -> Track? {
    guard let code = node["languageCode"].string, !code.isEmpty, code.utf8.count <= 64 else {
      return nil
    }
    let isAutomatic = node["kind"].string == "asr"
    return Track(
      track: CaptionTrack(
        languageCode: code, name: node["name"].text ?? code,
        kind: isAutomatic ? .automatic : .manual),
      vssID: node["vssId"].string ?? "\(isAutomatic ? "a" : "").\(code)",
      baseURL: node["baseUrl"].string,
      isTranslatable: node["isTranslatable"].bool ?? false)
  }
}

extension String {
  /// ASCII letters, digits and hyphens, as all of YouTube's codes are.
  fileprivate var isPlainLanguageCode: Bool {
    (1...64).contains(self.utf8.count)
      && self.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
  }
}
