internal import Transcripts

/// The signed address of a caption track, checked: it can only lead to YouTube's caption service.
struct CaptionAddress: Hashable, Sendable {
  /// Hosts that a track may lie on. Whatever else an answer names is not contacted.
  static let hosts: Set<String> = ["www.youtube.com", "youtube.com", "m.youtube.com"]
  static let path = "/api/timedtext"
  /// Recorded addresses have about 500 bytes.
  static let maxBytes = 8192

  private let parameters: [Substring]

  /// Nil when `text` is not the address of a caption track on one of ``hosts``.
  init?(_ text: String) {
    guard text.utf8.count <= Self.maxBytes, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      return nil
    }
    var rest = text[...]
    if rest.hasPrefix("https://") {
      let authority = rest.dropFirst(8).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
      guard Self.hosts.contains(authority.lowercased()) else { return nil }
      rest = rest[authority.endIndex...]
    }
    guard rest.hasPrefix(Self.path + "?"), !rest.utf8.contains(UInt8(ascii: "#")) else {
      return nil
    }
    self.parameters = rest.utf8.dropFirst(Self.path.utf8.count + 1)
      .split(separator: UInt8(ascii: "&")).map { Substring($0) }
    guard self["v"] != nil else { return nil }
  }

  private subscript(name: String) -> Substring? {
    self.parameters.first { $0.hasPrefix(name + "=") }?.dropFirst(name.count + 1)
  }

  /// Fetching it without a proof-of-origin token gives an empty body.
  var needsToken: Bool {
    guard let experiments = self["exp"] else { return false }
    return experiments.split { $0 == "," || $0 == "%" }.contains {
      // "%2C" between two values leaves "2C" in front of the second.
      $0.hasSuffix("xpe") || $0.hasSuffix("xpv")
    }
  }

  /// The address for a format. The signature covers neither the format nor a translation (`tlang`), which is only asked
  /// for where it is said here; `xosf` would add positions to the text.
  func url(format: CaptionFormat, translateTo: String? = nil) -> String {
    var kept = self.parameters.filter { parameter in
      !["fmt=", "tlang=", "xosf="].contains { parameter.hasPrefix($0) }
    }
    // srv1 is what comes without a format.
    if format != .srv1 { kept.append("fmt=\(format.rawValue)") }
    if let translateTo { kept.append("tlang=\(translateTo)") }
    return "https://www.youtube.com\(Self.path)?\(kept.joined(separator: "&"))"
  }
}
