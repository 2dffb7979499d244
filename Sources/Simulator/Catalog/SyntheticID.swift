/// The identifiers of synthetic playlists and videos, which say all there is to know about them.
///
/// A playlist is `PL` `sim` SHAPE COUNT `-` SERIES: a letter, six digits, five digits; for example `PLsimL001000-00001`
/// is 1,000 videos of series 1. Two playlists of one series share their videos. `UU` in place of `PL` is the same
/// list as a channel's uploads, whose channel is `UCsimL001000-00001______`. The short form `PLsim-1000` is 1,000 videos
/// in the newest shape, of a series of their own.
struct SyntheticPlaylistID: Hashable, Sendable {
  /// What pages look like and what is wrong with them.
  enum Shape: Character, Sendable, CaseIterable {
    /// `lockupViewModel` items (YouTube since 2026).
    case lockup = "L"
    /// `playlistVideoRenderer` items (YouTube until 2026).
    case renderer = "R"
    /// Lockup items, pages of 99 to 102.
    case uneven = "M"
    /// Lockup items, every tenth is private or deleted.
    case unavailable = "U"
    /// Renderer items, every tenth is private or deleted.
    case unavailableRenderer = "V"
    /// Stops after 100 items without a continuation, whatever it states.
    case stops = "S"
    /// An empty page with only a continuation between any two pages.
    case tokenPages = "T"
    /// An alert of type ERROR says that it does not exist, as it does for private playlists.
    case isPrivate = "P"
  }

  static let maxCount = 999_999
  static let maxSeries = 99_999
  /// The most videos of a playlist in the short form.
  static let maxShortCount = 100_000

  let shape: Shape
  let count: Int
  let series: Int

  init?(shape: Shape, count: Int, series: Int) {
    guard (0...Self.maxCount).contains(count), (0...Self.maxSeries).contains(series) else {
      return nil
    }
    self.shape = shape
    self.count = count
    self.series = series
  }

  /// Nil when `id` is not one of ours. Takes the `PL…`, `UU…` and `UC…` forms.
  init?(_ id: some StringProtocol) {
    let body = id.dropFirst(2)
    guard id.hasPrefix("PL") || id.hasPrefix("UU") || id.hasPrefix("UC"), body.hasPrefix("sim"),
      let letter = body.dropFirst(3).first, let shape = Shape(rawValue: letter)
    else { return nil }
    let rest = body.dropFirst(4)
    let tail = rest.dropFirst(12)
    guard rest.utf8.count >= 12, let count = Int(rest.prefix(6)), count >= 0,
      rest.dropFirst(6).first == "-", let series = Int(rest.dropFirst(7).prefix(5)), series >= 0,
      tail.isEmpty || (!id.hasPrefix("PL") && tail.allSatisfy { $0 == "_" })
    else { return nil }
    self.init(shape: shape, count: count, series: series)
  }

  /// Reads the short form `PLsim-N`: N videos, from 1 to 100,000, in a series of their own. Nil when `id` is not one.
  init?(short id: some StringProtocol) {
    guard id.hasPrefix("PLsim-") else { return nil }
    let digits = id.dropFirst(6)
    guard let count = Int(digits), (1...Self.maxShortCount).contains(count), "\(count)" == digits
    else { return nil }
    self.init(shape: .lockup, count: count, series: count % (Self.maxSeries + 1))
  }

  /// Without `PL`, `UU` or `UC`.
  var body: String {
    "sim\(self.shape.rawValue)\(Self.digits(self.count, 6))-\(Self.digits(self.series, 5))"
  }

  var playlistID: String { "PL" + self.body }
  var channelID: String { "UC" + self.body + "______" }

  private static func digits(_ number: Int, _ count: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, count - text.count)) + text
  }
}

/// The identifier of a synthetic video: `sim` and eight characters that hold series, index and a check.
struct SyntheticVideoID: Hashable, Sendable {
  let series: Int
  /// Place in the series, from 0.
  let index: Int

  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
  private static let mask: UInt64 = (1 << 48) - 1
  /// Odd, and so invertible modulo 2^48: neighbours do not look alike.
  private static let factor: UInt64 = 0x5bd1_e995_9d1b
  private static let inverse: UInt64 = {
    // Newton's iteration doubles the number of correct low bits each time: 3, 6, 12, 24, 48.
    var inverse = Self.factor
    for _ in 0..<5 { inverse = inverse &* (2 &- Self.factor &* inverse) }
    return inverse & Self.mask
  }()

  init(series: Int, index: Int) {
    self.series = series
    self.index = index
  }

  /// Nil when `id` is not one of ours.
  init?(_ id: some StringProtocol) {
    guard id.hasPrefix("sim"), id.utf8.count == 11 else { return nil }
    var value: UInt64 = 0
    for byte in id.utf8.dropFirst(3) {
      guard let digit = Self.alphabet.firstIndex(of: byte) else { return nil }
      value = value << 6 | UInt64(digit)
    }
    value = (value &* Self.inverse) & Self.mask
    let payload = value >> 11
    guard value & 0x7ff == Self.check(payload) else { return nil }
    self.series = Int(payload >> 20)
    self.index = Int(payload & 0xfffff)
  }

  var text: String {
    let payload = UInt64(self.series) << 20 | UInt64(self.index)
    var value = ((payload << 11 | Self.check(payload)) &* Self.factor) & Self.mask
    var characters: [UInt8] = []
    for _ in 0..<8 {
      characters.append(Self.alphabet[Int(value & 63)])
      value >>= 6
    }
    return "sim" + String(decoding: characters.reversed(), as: UTF8.self)
  }

  /// Eleven bits, so that a mistyped identifier is unknown and not another video. Counted from one, because zero mixes to
  /// zero and all-zero digits would pass.
  private static func check(_ payload: UInt64) -> UInt64 { StableHash.mix(payload &+ 1) >> 53 }
}
