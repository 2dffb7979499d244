/// What a job indexes: a playlist, a channel or one video.
///
/// Its canonical text form (``text``) travels in RPC and names the job in Redis (`playlist_task:<text>`).
/// Made from what a user typed by ``init(parsing:)`` and from ``text`` by ``init(canonical:)``; both check it.
public enum SourceID: Hashable, Sendable {
  /// `PL…`, `UU…`, `OLAK5uy_…` and the other kinds that can be listed.
  case playlist(String)
  /// `UC…`: the channel's uploads.
  case channel(String)
  /// `@name`, `c/name` or `user/name`: has to be resolved first.
  case channelName(String)
  /// One video.
  case video(VideoID)

  /// The longest text that is looked at, in bytes. Real addresses are under 300.
  public static let maxTextBytes = 2048

  /// Canonical form: `PL…`, `UC…`, `@name`, `c/name`, `user/name`, `video:ID`.
  public var text: String {
    switch self {
    case .playlist(let id), .channel(let id), .channelName(let id): id
    case .video(let id): "video:\(id.text)"
    }
  }

  /// Reads the canonical form back. Nil when `text` is not exactly what ``text`` gives for some source.
  public init?(canonical text: some StringProtocol) {
    guard text.utf8.count <= Self.maxTextBytes else { return nil }
    let text = String(text)
    if text.hasPrefix("video:") {
      guard let id = VideoID(text.dropFirst(6)) else { return nil }
      self = .video(id)
    } else if Self.isChannelID(text) {
      self = .channel(text)
    } else if Self.isListablePlaylistID(text) {
      self = .playlist(text)
    } else if let name = Self.channelName(text), name == text {
      self = .channelName(name)
    } else {
      return nil
    }
  }

  /// Where a person can look at it.
  public var url: String {
    switch self {
    case .playlist(let id): "https://www.youtube.com/playlist?list=\(id)"
    case .channel(let id): "https://www.youtube.com/channel/\(id)"
    case .channelName(let name): "https://www.youtube.com/\(name)"
    case .video(let id): "https://www.youtube.com/watch?v=\(id.text)"
    }
  }

  /// The playlist that holds a channel's uploads: `UC…` becomes `UU…`. Nil when `channelID` is no channel's.
  public static func uploadsPlaylistID(ofChannel channelID: String) -> String? {
    Self.isChannelID(channelID) ? "UU" + channelID.dropFirst(2) : nil
  }
}

extension SourceID: CustomStringConvertible {
  public var description: String { self.text }
}

// MARK: Identifiers

extension SourceID {
  /// Kinds of playlists that anybody can list, by the beginning of their identifiers. `RD` (mixes) and
  /// `LL`, `WL`, `LM` (an account's own) are known and refused by ``init(parsing:)``.
  private static let listablePrefixes = ["PL", "UU", "OLAK5uy_", "FL", "EC", "UL", "TL", "PU"]
  private static let maxPlaylistIDBytes = 64

  /// `UC` and 22 characters of the alphabet.
  static func isChannelID(_ text: String) -> Bool {
    text.utf8.count == 24 && text.hasPrefix("UC") && text.utf8.allSatisfy(\.isIdentifierCharacter)
  }

  /// A known prefix and at least ten characters of the alphabet.
  static func isListablePlaylistID(_ text: String) -> Bool {
    guard text.utf8.count <= Self.maxPlaylistIDBytes, text.utf8.allSatisfy(\.isIdentifierCharacter)
    else { return false }
    return Self.isSimulated(text)
      || Self.listablePrefixes.contains {
        text.hasPrefix($0) && text.utf8.count >= $0.utf8.count + 10
      }
  }

  /// `PLsim-` and how many videos it has: a playlist of the simulator. YouTube has none that is so short, and no video's
  /// identifier is taken for one but by a chance of one in 10^11.
  private static func isSimulated(_ text: String) -> Bool {
    guard text.hasPrefix("PLsim-") else { return false }
    let count = text.utf8.dropFirst(6)
    return (1...6).contains(count.count)
      && count.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  /// Checks `@handle`, `c/name` or `user/name`. Handles do not tell upper from lower case, so that they
  /// are kept in lower case and one channel is one job.
  static func channelName(_ text: String) -> String? {
    if text.hasPrefix("@") {
      let handle = text.dropFirst()
      guard (1...60).contains(handle.count), handle.allSatisfy(Self.isNameCharacter) else {
        return nil
      }
      return text.lowercased()
    }
    for prefix in ["c/", "user/"] where text.hasPrefix(prefix) {
      let name = text.dropFirst(prefix.count)
      guard (1...100).contains(name.count), name.allSatisfy(Self.isNameCharacter) else {
        return nil
      }
      return text
    }
    return nil
  }

  private static func isNameCharacter(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || "._-·".contains(character)
  }
}
