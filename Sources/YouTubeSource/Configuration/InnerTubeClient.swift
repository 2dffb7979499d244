/// One of YouTube's own apps, as which a request presents itself.
///
/// What each app is allowed changes every few months, so clients are data: an ordered list, tried one after
/// another, that an operator can change without a new build (``list(parsing:)``).
public struct InnerTubeClient: Hashable, Sendable {
  /// Where the player's answer comes from.
  public enum Endpoint: Hashable, Sendable {
    /// `POST /youtubei/v1/player`.
    case player
    /// `GET /watch`: a megabyte of HTML with the same answer inside.
    case watchPage
  }

  /// A member of the client's part of a request's context.
  public struct ContextEntry: Hashable, Sendable {
    public enum Value: Hashable, Sendable {
      case string(String)
      case number(Int64)
    }

    public var key: String
    public var value: Value

    public init(_ key: String, _ value: Value) {
      self.key = key
      self.value = value
    }
  }

  /// `clientName`, such as `ANDROID`.
  public var name: String
  /// The number that goes with it in `X-YouTube-Client-Name`.
  public var number: Int
  /// `clientVersion`.
  public var version: String
  public var userAgent: String
  /// More of the context, in this order.
  public var context: [ContextEntry]
  /// Sends the guest session's visitor data, and has it fetched first when there is none.
  public var usesVisitorData: Bool
  /// Sends `Origin`, as a browser does.
  public var sendsOrigin: Bool
  public var endpoint: Endpoint

  public init(
    name: String, number: Int, version: String, userAgent: String,
    context: [ContextEntry] = [], usesVisitorData: Bool = true,
    sendsOrigin: Bool = false, endpoint: Endpoint = .player
  ) {
    self.name = name
    self.number = number
    self.version = version
    self.userAgent = userAgent
    self.context = context
    self.usesVisitorData = usesVisitorData
    self.sendsOrigin = sendsOrigin
    self.endpoint = endpoint
  }
}

// MARK: Known clients

extension InnerTubeClient {
  /// The Android app. Lists caption tracks without a proof-of-origin token (recordings of 2026-07-02).
  public static func android(version: String = "21.26.364") -> Self {
    Self(
      name: "ANDROID", number: 3, version: version,
      userAgent: "com.google.android.youtube/\(version) (Linux; U; Android 11) gzip",
      context: [
        .init("androidSdkVersion", .number(30)), .init("osName", .string("Android")),
        .init("osVersion", .string("11")),
      ])
  }

  /// The Android app with nothing but its name and version, as youtube-transcript-api 1.2 asks.
  public static func androidBare(version: String = "20.10.38") -> Self {
    Self(
      name: "ANDROID", number: 3, version: version,
      userAgent: "com.google.android.youtube/\(version) (Linux; U; Android 11) gzip",
      usesVisitorData: false)
  }

  /// The app of Apple Vision Pro. Cannot play videos made for kids.
  public static func visionOS(version: String = "1.02") -> Self {
    Self(
      name: "VISIONOS", number: 101, version: version,
      userAgent:
        "com.google.visionos.youtube/\(version)(RealityDevice14,1; U; CPU visionOS 25_6_0 like Mac OS X; US)",
      context: [
        .init("deviceMake", .string("Apple")), .init("deviceModel", .string("RealityDevice14,1")),
        .init("osName", .string("visionOS")), .init("osVersion", .string("25.6.0.23O471")),
      ])
  }

  /// The web site's own requests: playlists and names. Its caption tracks need a token.
  public static func web(version: String = "2.20260708.00.00") -> Self {
    Self(
      name: "WEB", number: 1, version: version,
      userAgent:
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        + "Chrome/138.0.0.0 Safari/537.36",
      sendsOrigin: true)
  }

  /// The watch page of the web site: the last resort.
  public static func watchPage(version: String = "2.20260708.00.00") -> Self {
    var client = Self.web(version: version)
    client.usesVisitorData = false
    client.endpoint = .watchPage
    return client
  }

  /// The clients that are tried for a transcript, in this order.
  public static let standard: [Self] = [.android(), .androidBare(), .visionOS(), .watchPage()]

  /// The most clients in a list: each may cost a request per video.
  public static let maxClients = 8

  /// Reads a list such as `ANDROID:21.26.364,ANDROID-BARE,VISIONOS,WATCH-PAGE`: names, each with a version if
  /// the built-in one is not wanted.
  ///
  /// - Throws: ``ConfigurationError`` that names the part that cannot be used.
  public static func list(parsing text: String) throws(ConfigurationError) -> [Self] {
    var clients: [Self] = []
    for part in text.split(separator: ",") {
      // A line break is white space to Swift; here it belongs to no list.
      let words = part.split(separator: " ")
      guard let word = words.first, words.count == 1 else {
        throw ConfigurationError(
          "the list of clients has an entry that is not one word; write NAME or NAME:VERSION")
      }
      let name = word.prefix { $0 != ":" }
      let version = word[name.endIndex...].dropFirst()
      guard version.utf8.allSatisfy(\.isVersionCharacter), version.utf8.count <= 32 else {
        throw ConfigurationError("'\(version)' is not a client version; use digits and dots")
      }
      let made = Self.known(String(name), version: version.isEmpty ? nil : String(version))
      guard let made else {
        throw ConfigurationError(
          "'\(name)' is not a known client; use ANDROID, ANDROID-BARE, VISIONOS or WATCH-PAGE")
      }
      clients.append(made)
    }
    guard (1...Self.maxClients).contains(clients.count) else {
      throw ConfigurationError("the list of clients needs 1 to \(Self.maxClients) entries")
    }
    return clients
  }

  private static func known(_ name: String, version: String?) -> Self? {
    switch name.uppercased() {
    case "ANDROID": version.map(Self.android(version:)) ?? .android()
    case "ANDROID-BARE": version.map(Self.androidBare(version:)) ?? .androidBare()
    case "VISIONOS": version.map(Self.visionOS(version:)) ?? .visionOS()
    case "WATCH-PAGE", "WEB": version.map(Self.watchPage(version:)) ?? .watchPage()
    default: nil
    }
  }
}

extension UInt8 {
  fileprivate var isVersionCharacter: Bool {
    self == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
  }
}
