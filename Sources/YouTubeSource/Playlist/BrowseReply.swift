internal import JSON
internal import Transcripts

/// A page of a playlist as YouTube's `browse` answers, in our words. Understands the shape of before 2026
/// (`playlistVideoRenderer`) and the one that replaces it (`lockupViewModel`), on first and on later pages.
struct BrowseReply: Sendable {
  struct Item: Sendable {
    var item: PlaylistItem
    /// Position in the playlist, from 0; nil where it is not said.
    var index: Int?
  }

  struct Alert: Sendable {
    var type: String
    var text: String
  }

  var items: [Item] = []
  /// Leads to the next page.
  var continuation: String?
  var title: String?
  var owner: String?
  var ownerChannelID: String?
  var statedTotal: Int?
  var alerts: [Alert] = []
  var visitorData: String?

  /// The most items of a page that are read. Recorded: 102.
  static let maxItems = 5000

  @concurrent
  static func parse(_ body: [UInt8]) async throws(FetchError) -> BrowseReply {
    try BrowseReply(body)
  }

  /// Reads an answer's JSON.
  ///
  /// - Throws: ``FetchError`` (`malformed`).
  init(_ body: [UInt8]) throws(FetchError) {
    let document = try Reply.document(body, what: "the page of the playlist")
    let root = JSONPlace(document.root)
    self.visitorData = root["responseContext"]["visitorData"].string
    self.readFacts(root)
    self.readAlerts(root["alerts"])
    for action in root["onResponseReceivedActions"].elements {
      for key in ["reloadContinuationItemsCommand", "appendContinuationItemsAction"] {
        self.readList(action[key]["continuationItems"])
      }
    }
    self.readTabs(root["contents"]["twoColumnBrowseResultsRenderer"]["tabs"])
    self.fillOwner()
  }

  // MARK: Facts

  private mutating func readFacts(_ root: JSONPlace) {
    for entry in root["sidebar"]["playlistSidebarRenderer"]["items"].elements {
      let primary = entry["playlistSidebarPrimaryInfoRenderer"]
      if primary.exists {
        self.title = primary["title"].text
        let count = primary["stats"][0].text
        self.statedTotal = count.flatMap(Self.count(inStatistic:))
      }
      let owner = entry["playlistSidebarSecondaryInfoRenderer"]["videoOwner"]["videoOwnerRenderer"]
      if owner.exists {
        self.owner = owner["title"].text
        self.ownerChannelID = owner["navigationEndpoint"]["browseEndpoint"]["browseId"].string
      }
    }
    let header = root["header"]
    let oldHeader = header["playlistHeaderRenderer"]
    let pageHeader = header["pageHeaderRenderer"]
    self.title =
      self.title ?? oldHeader["title"].text ?? pageHeader["pageTitle"].text
      ?? root["metadata"]["playlistMetadataRenderer"]["title"].string
      ?? root["microformat"]["microformatDataRenderer"]["title"].string
    self.statedTotal =
      self.statedTotal ?? oldHeader["numVideosText"].text.flatMap(Self.count(inStatistic:))
      ?? Self.count(inPageHeader: pageHeader)
  }

  private static func count(inPageHeader header: JSONPlace) -> Int? {
    let metadata = header["content"]["pageHeaderViewModel"]["metadata"]["contentMetadataViewModel"]
    for row in metadata["metadataRows"].elements {
      for part in row["metadataParts"].elements {
        guard let text = part["text"].text, text.hasSuffix("video") || text.hasSuffix("videos"),
          let count = Self.count(inStatistic: text)
        else { continue }
        return count
      }
    }
    return nil
  }

  /// `5,000 videos`, `1 video`, `No videos`.
  static func count(inStatistic text: String) -> Int? {
    let words = text.split(separator: " ")
    guard let first = words.first, words.last?.hasPrefix("video") == true else { return nil }
    if first.lowercased() == "no" { return 0 }
    let digits = first.filter { $0 != "," && $0 != "." && $0 != "\u{A0}" }
    return digits.allSatisfy(\.isASCII) ? Int(digits) : nil
  }

  private mutating func readAlerts(_ node: JSONPlace) {
    for alert in node.elements {
      for key in ["alertRenderer", "alertWithButtonRenderer"] {
        guard let type = alert[key]["type"].string else { continue }
        self.alerts.append(Alert(type: type, text: alert[key]["text"].text ?? ""))
      }
    }
  }

  // MARK: Items

  private mutating func readTabs(_ tabs: JSONPlace) {
    for tab in tabs.elements {
      let renderer = tab["tabRenderer"]
      guard renderer["selected"].bool ?? true else { continue }
      for section in renderer["content"]["sectionListRenderer"]["contents"].elements {
        self.readEntry(section)
      }
      self.readList(renderer["content"]["richGridRenderer"]["contents"])
    }
  }

  private mutating func readList(_ list: JSONPlace) {
    for entry in list.elements { self.readEntry(entry) }
  }

  /// An entry is an item, a token, or a section with entries of its own.
  private mutating func readEntry(_ entry: JSONPlace) {
    let section = entry["itemSectionRenderer"]
    if section.exists {
      // At most two levels: a section holds lists, and those hold items.
      for inner in section["contents"].elements {
        let list = inner["playlistVideoListRenderer"]
        if list.exists { self.readList(list["contents"]) } else { self.readLeaf(inner) }
      }
    } else {
      self.readLeaf(entry)
    }
  }

  private mutating func readLeaf(_ entry: JSONPlace) {
    if let token = Self.token(entry) {
      self.continuation = token
      return
    }
    guard self.items.count < Self.maxItems else { return }
    if let item = Self.oldItem(entry["playlistVideoRenderer"])
      ?? Self.lockupItem(entry["lockupViewModel"])
      ?? Self.shortsItem(entry["richItemRenderer"]["content"]) ?? Self.shortsItem(entry)
    {
      self.items.append(item)
    }
  }

  /// The three forms of a token.
  private static func token(_ entry: JSONPlace) -> String? {
    let endpoint = entry["continuationItemRenderer"]["continuationEndpoint"]
    if let token = endpoint["continuationCommand"]["token"].string { return token }
    for command in endpoint["commandExecutorCommand"]["commands"].elements {
      if let token = command["continuationCommand"]["token"].string { return token }
    }
    let command = entry["continuationItemViewModel"]["continuationCommand"]["innertubeCommand"]
    return command["continuationCommand"]["token"].string
  }

  private static func oldItem(_ node: JSONPlace) -> Item? {
    guard let id = node["videoId"].string.flatMap({ VideoID($0) }) else { return nil }
    let byline = node["shortBylineText"]["runs"][0]
    var video = Video(id: id, title: node["title"].text ?? "")
    video.channelTitle = byline["text"].string ?? ""
    video.channelID =
      byline["navigationEndpoint"]["browseEndpoint"]["browseId"].string ?? ""
    if let seconds = node["lengthSeconds"].integer, (1...3_600_000).contains(seconds) {
      video.durationMilliseconds = seconds * 1000
    }
    let index = node["index"].text.flatMap { Int($0) }.map { $0 - 1 }
    let isPlayable = node["isPlayable"].bool ?? true
    return Item(item: Self.item(video, isPlayable: isPlayable), index: index)
  }

  private static func lockupItem(_ node: JSONPlace) -> Item? {
    let type = node["contentType"].string ?? ""
    guard type.isEmpty || type.hasSuffix("_VIDEO") || type.hasSuffix("_SHORT"),
      let id = node["contentId"].string.flatMap({ VideoID($0) })
    else { return nil }
    let metadata = node["metadata"]["lockupMetadataViewModel"]
    var video = Video(id: id, title: metadata["title"].text ?? "")
    let rows = metadata["metadata"]["contentMetadataViewModel"]["metadataRows"].elements
    for part in rows.flatMap({ $0["metadataParts"].elements }) {
      let command = part["text"]["commandRuns"][0]["onTap"]["innertubeCommand"]
      guard let channel = command["browseEndpoint"]["browseId"].string, channel.hasPrefix("UC")
      else { continue }
      video.channelID = channel
      video.channelTitle = part["text"].text ?? ""
      break
    }
    video.durationMilliseconds = Self.duration(node["contentImage"]["thumbnailViewModel"]) ?? 0
    let onTap = node["rendererContext"]["commandContext"]["onTap"]["innertubeCommand"]
    let index = onTap["watchEndpoint"]["index"].integer.map { Int(clamping: $0) }
    return Item(item: Self.item(video, isPlayable: true), index: index)
  }

  /// The badge over the picture, when it is a time: `9:17`; `SHORTS`, `LIVE` and `CC` occur too.
  private static func duration(_ thumbnail: JSONPlace) -> Int64? {
    for overlay in thumbnail["overlays"].elements {
      for badge in overlay["thumbnailBottomOverlayViewModel"]["badges"].elements {
        guard let text = badge["thumbnailBadgeViewModel"]["text"].text else { continue }
        if let milliseconds = Self.milliseconds(clock: text) { return milliseconds }
      }
    }
    return nil
  }

  static func milliseconds(clock text: String) -> Int64? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count) else { return nil }
    var seconds: Int64 = 0
    for part in parts {
      guard (1...4).contains(part.utf8.count), let number = Int64(part), number >= 0 else {
        return nil
      }
      seconds = seconds * 60 + number
    }
    return seconds * 1000
  }

  private static func shortsItem(_ node: JSONPlace) -> Item? {
    let reel = node["reelItemRenderer"]
    let lockup = node["shortsLockupViewModel"]
    let endpoint = lockup["onTap"]["innertubeCommand"]["reelWatchEndpoint"]
    guard
      let id = (reel["videoId"].string ?? endpoint["videoId"].string).flatMap({ VideoID($0) })
    else { return nil }
    let title = reel["headline"].text ?? lockup["overlayMetadata"]["primaryText"].text ?? ""
    return Item(item: Self.item(Video(id: id, title: title), isPlayable: true), index: nil)
  }

  private static func item(_ video: Video, isPlayable: Bool) -> PlaylistItem {
    let isBare = video.channelID.isEmpty && video.durationMilliseconds == 0
    switch video.title {
    case "[Private video]" where isBare:
      return PlaylistItem(video: video, unavailableReason: "private")
    case "[Deleted video]" where isBare:
      return PlaylistItem(video: video, unavailableReason: "deleted")
    default:
      return PlaylistItem(video: video, unavailableReason: isPlayable ? nil : "not playable")
    }
  }

  /// Items of courses do not say whose they are: the playlist's owner's.
  private mutating func fillOwner() {
    guard let owner, let ownerChannelID else { return }
    for index in self.items.indices
    where self.items[index].item.video.channelID.isEmpty
      && self.items[index].item.unavailableReason == nil
    {
      self.items[index].item.video.channelID = ownerChannelID
      self.items[index].item.video.channelTitle = owner
    }
  }

  // MARK: What it means

  /// Nil when this is a page; otherwise why there is none.
  var error: FetchError? {
    guard let alert = self.alerts.first(where: { $0.type == "ERROR" }), self.items.isEmpty else {
      return nil
    }
    let text = alert.text.lowercased()
    if text.contains("unknown error") || text.contains("try again") {
      return FetchError(.unreachable, "YouTube could not list the playlist just now: \(alert.text)")
    }
    if text.contains("unviewable") {
      return FetchError(.unsupportedPlaylist, "the playlist cannot be listed: \(alert.text)")
    }
    if text.contains("private") {
      return FetchError(.isPrivate, "the playlist is private: \(alert.text)")
    }
    return FetchError(.notFound, "the playlist cannot be found: \(alert.text)")
  }
}
