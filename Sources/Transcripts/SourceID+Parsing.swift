extension SourceID {
  /// Understands any form of address or identifier that people pass around.
  ///
  /// Addresses of `youtube.com` (any subdomain), `youtube-nocookie.com`, `youtubekids.com` and `youtu.be`, with
  /// or without a scheme; bare identifiers of videos, playlists and channels; `@handle`; and the canonical forms.
  /// A `list=` wins over a `v=`: whoever copies the address of a video that plays in a playlist
  /// means the playlist. Nothing of the text but identifiers and names is kept, so it never
  /// chooses the host that is contacted.
  ///
  /// - Throws: ``SourceError`` with what to pass instead.
  public init(parsing text: String) throws(SourceError) {
    guard text.utf8.count <= Self.maxTextBytes else {
      throw SourceError(
        .notRecognised, "the address is longer than \(Self.maxTextBytes) bytes; pass the plain link"
      )
    }
    let trimmed = text.drop { $0.isWhitespace }
    let end =
      trimmed.lastIndex { !$0.isWhitespace }.map(trimmed.index(after:)) ?? trimmed.startIndex
    self = try Self.parse(String(trimmed[..<end]), depth: 0)
  }

  private static func parse(_ text: String, depth: Int) throws(SourceError) -> SourceID {
    guard !text.isEmpty else {
      throw SourceError(
        .notRecognised, "nothing was given; pass a YouTube playlist, channel or video")
    }
    if let bare = try Self.bareIdentifier(text) { return bare }
    guard let address = Address(text) else { throw Self.notRecognised(text) }
    guard address.isYouTube else {
      throw SourceError(
        .otherHost,
        "\(quoted(address.host)) is not a YouTube host; pass a youtube.com or youtu.be link"
      )
    }
    // Links that only lead to another link of YouTube: the consent page and old e-mails.
    if depth == 0, let inner = address.innerAddress { return try Self.parse(inner, depth: 1) }
    return try Self.source(at: address)
  }

  /// A bare identifier; nil when `text` has to be an address.
  private static func bareIdentifier(_ text: String) throws(SourceError) -> SourceID? {
    if let canonical = SourceID(canonical: text) { return canonical }
    if let id = VideoID(text) { return .video(id) }
    if text.hasPrefix("@") || text.hasPrefix("%40") {
      guard let name = Address.decode(text[...]).flatMap(Self.channelName) else {
        throw SourceError(.notRecognised, "\(quoted(text)) is not a channel's handle")
      }
      return .channelName(name)
    }
    guard !text.utf8.isEmpty, text.utf8.allSatisfy(\.isIdentifierCharacter) else { return nil }
    return try Self.playlist(text, remedy: "")
  }

  private static func source(at address: Address) throws(SourceError) -> SourceID {
    let path = address.path
    let first = path.first ?? ""
    if address.host == "youtu.be" || address.host.hasSuffix(".youtu.be") {
      return try Self.video(first, of: address)
    }
    if let handle = first.hasPrefix("@") ? first : nil {
      return try Self.named(handle, in: address)
    }
    switch first {
    case "", "playlist", "watch", "w", "watch_popup", "movie":
      if let v = address["v"], !v.isEmpty { return try Self.video(v, of: address) }
      return try Self.video(path.count > 1 ? path[1] : "", of: address)
    case "embed" where path.count > 1 && path[1] == "live_stream":
      guard let id = address["channel"], Self.isChannelID(id) else {
        throw Self.notRecognised(address.text)
      }
      return .channel(id)
    case "embed" where path.count > 1 && path[1] == "videoseries":
      return try Self.video("", of: address)
    case "shorts", "live", "embed", "v", "e":
      return try Self.video(path.count > 1 ? path[1] : "", of: address)
    case "channel":
      guard path.count > 1, Self.isChannelID(path[1]) else {
        throw SourceError(
          .notRecognised,
          "\(quoted(address.text)) lacks a channel's identifier (UC and 22 characters)")
      }
      return .channel(path[1])
    case "c", "user":
      return try Self.named("\(first)/\(path.count > 1 ? path[1] : "")", in: address)
    case "browse" where path.count > 1 && path[1].hasPrefix("VL"):
      return try Self.playlist(String(path[1].dropFirst(2)), remedy: "")
    case _ where Self.pagesWithoutList.contains(first):
      throw SourceError(
        .notListable,
        "a \(quoted(first)) page of YouTube is not a list of videos that can be indexed; "
          + "pass the link of a playlist, channel or video")
    default:
      // The oldest form of a channel's custom address: youtube.com/name.
      return try Self.named("c/\(first)", in: address)
    }
  }

  /// First parts of paths that are YouTube's own pages, so never a channel's name.
  private static let pagesWithoutList: Set<String> = [
    "about", "account", "ads", "browse", "clip", "creators", "explore", "feed", "feeds", "gaming",
    "get_video_info", "hashtag", "iframe_api", "index", "jobs", "kids", "logout", "music", "movies",
    "oembed", "oops", "post", "premium", "redirect", "results", "s", "search", "shared", "signin",
    "source", "storefront", "t", "trending", "tv", "upload",
  ]

  private static func video(_ text: String, of address: Address) throws(SourceError) -> SourceID {
    let id = VideoID(text)
    if let list = address["list"], !list.isEmpty {
      let remedy =
        id.map { "; to index the video alone, pass https://youtu.be/\($0.text)" } ?? ""
      return try Self.playlist(
        list.hasPrefix("VL") ? String(list.dropFirst(2)) : list, remedy: remedy)
    }
    guard let id else {
      guard !text.isEmpty else {
        throw SourceError(
          .notRecognised,
          "\(quoted(address.text)) names neither a playlist (list=) nor a video (v=)")
      }
      throw SourceError(
        .notRecognised,
        "\(quoted(text)) is not a video's identifier: those have 11 letters, digits, - or _")
    }
    return .video(id)
  }

  private static func playlist(_ id: String, remedy: String) throws(SourceError) -> SourceID {
    if Self.isListablePlaylistID(id) { return .playlist(id) }
    if Self.isChannelID(id) { return .channel(id) }
    if ["WL", "LM"].contains(id) || id.hasPrefix("LL") {
      throw SourceError(
        .needsAccount,
        "\(quoted(id)) is a list that only its owner's account can see; copy the videos to a public "
          + "or unlisted playlist and pass that" + remedy)
    }
    if id.hasPrefix("RD") {
      throw SourceError(
        .mix,
        "\(quoted(id)) is a mix: it has no end and is different for everybody; pass a playlist"
          + remedy)
    }
    throw SourceError(
      .notRecognised, "\(quoted(id)) is not the identifier of a playlist, channel or video" + remedy
    )
  }

  private static func named(_ text: String, in address: Address) throws(SourceError) -> SourceID {
    guard let name = Self.channelName(text) else { throw Self.notRecognised(address.text) }
    return .channelName(name)
  }

  private static func notRecognised(_ text: String) -> SourceError {
    SourceError(
      .notRecognised,
      "\(quoted(text)) is not a YouTube playlist, channel or video; pass a link such as "
        + "https://www.youtube.com/playlist?list=PL…")
  }
}

/// `text` for an error message: short, and without control characters.
private func quoted(_ text: String) -> String {
  let scalars = text.unicodeScalars.prefix(80).map { scalar -> Unicode.Scalar in
    scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
      ? "?" : scalar
  }
  var shown = String.UnicodeScalarView(scalars)
  if text.unicodeScalars.count > 80 { shown.append("…") }
  return "'\(String(shown))'"
}

/// The parts of an address that matter here.
private struct Address {
  let text: String
  /// In lower case, without a port.
  let host: String
  /// Percent-decoded, without empty parts.
  let path: [String]
  private let query: [(name: String, value: String)]

  /// Nil when `text` is not an http(s) address; a missing scheme is allowed.
  init?(_ text: String) {
    self.text = text
    var rest = text[...]
    if let range = Self.scheme(of: rest) {
      guard ["http", "https"].contains(rest[range].lowercased()) else { return nil }
      rest = rest[range.upperBound...].dropFirst()
      guard rest.hasPrefix("//") else { return nil }
    }
    if rest.hasPrefix("//") { rest = rest.dropFirst(2) }
    rest = rest.prefix { $0 != "#" }
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "\\" }
    // A user name in front of the host is only ever meant to mislead.
    guard !authority.contains("@") else { return nil }
    var host = authority.prefix { $0 != ":" }.lowercased()
    if host.hasSuffix(".") { host.removeLast() }
    guard host.contains("."), host.utf8.allSatisfy({ $0 < 0x80 && $0 > 0x20 }) else { return nil }
    self.host = host
    rest = rest[authority.endIndex...]
    let path = rest.prefix { $0 != "?" }
    var parts: [String] = []
    for part in path.split(separator: "/") {
      guard let decoded = Self.decode(part) else { return nil }
      parts.append(decoded)
    }
    self.path = parts
    var query: [(String, String)] = []
    for item in rest[path.endIndex...].dropFirst().split(separator: "&") {
      let name = item.prefix { $0 != "=" }
      let value = item[name.endIndex...].dropFirst()
      guard let name = Self.decode(name), let value = Self.decode(value) else { return nil }
      query.append((name, value))
    }
    self.query = query
  }

  /// The first value under `name`.
  subscript(name: String) -> String? { self.query.first { $0.name == name }?.value }

  var isYouTube: Bool {
    ["youtube.com", "youtube-nocookie.com", "youtubekids.com", "youtu.be"].contains {
      self.host == $0 || self.host.hasSuffix("." + $0)
    }
  }

  /// The address that this one only leads to.
  var innerAddress: String? {
    if self.path.first == "attribution_link", let inner = self["u"] {
      return inner.hasPrefix("/") ? "https://www.youtube.com\(inner)" : inner
    }
    return self.host == "consent.youtube.com" ? self["continue"] : nil
  }

  /// Letters in front of a colon that is not a port's.
  private static func scheme(of text: Substring) -> Range<Substring.Index>? {
    guard let colon = text.firstIndex(of: ":"), colon > text.startIndex,
      text[..<colon].utf8.allSatisfy({
        $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z")
      })
    else { return nil }
    return text.startIndex..<colon
  }

  /// Decodes `%41` and `+`… leaves the latter: no identifier contains a space. Nil: not UTF-8, or cut.
  static func decode(_ text: Substring) -> String? {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst()?.hexDigit, let low = rest.popFirst()?.hexDigit else {
        return nil
      }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}

extension UInt8 {
  /// The value of a hexadecimal digit in ASCII; nil when it is none.
  var hexDigit: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
