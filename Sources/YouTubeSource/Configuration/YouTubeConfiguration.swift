public import HTTPClient

/// A setting that cannot be used. Says which and what to write instead; holds no credentials.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  public var message: String

  public init(_ message: String) { self.message = message }

  public var description: String { self.message }
}

/// How YouTube is asked.
public struct YouTubeConfiguration: Sendable {
  /// Tried in order for each video.
  public var clients = InnerTubeClient.standard
  /// As which playlists are listed and names resolved.
  public var browseClient = InnerTubeClient.web()
  /// Where requests leave from. Empty: directly.
  public var proxies: [EgressProxy] = []
  /// `host:port:address:port` each: connects there instead, certificates are still checked for the first host.
  /// An empty host or port stands for any, so `::127.0.0.1:7427` leads all requests to a simulator.
  public var connectTo: [String] = []
  /// Certificates of the authorities to trust, in PEM, in place of the system's.
  public var caFile: String?
  /// The same for proxies that are reached by TLS (`https://`).
  public var proxyCAFile: String?
  /// To connect, TLS included.
  public var connectTimeout: Duration = .seconds(10)
  /// For one request, from its start to the last byte.
  public var requestTimeout: Duration = .seconds(30)
  /// The longest wait for a permit; whoever would wait longer gives the task back instead.
  public var maxPermitWait: Duration = .seconds(5)
  /// Transfers at once.
  public var maxTransfers = 1024
  /// Asks for the needed parts of the player's answer only; given up by itself where that is not understood.
  public var trimsPlayerReplies = true
  /// Identities that one video is tried on when the first ones are blocked.
  public var maxIdentitiesPerVideo = 3
  /// Exits of rotating proxies that one video is tried on when the first ones are blocked.
  public var maxExitsPerVideo = 10
  /// Lists playlists by the YouTube Data API v3, which costs one unit of the key's daily quota for each 50 videos and
  /// one for the title. Nil, or with the quota used up: as the web site does, whose lists may end early. A secret.
  public var dataAPIKey: String?

  public init() {}

  /// The largest answer of the player that is read. Recorded: 411 KB; the watch page has a megabyte.
  public static let maxPlayerBytes = 8 << 20
  /// The largest page of a playlist that is read. Recorded: 1.3 MB for 102 items.
  public static let maxBrowseBytes = 16 << 20
  /// The largest answer to a small question: visitor data, a channel's name.
  public static let maxSmallReplyBytes = 1 << 20

  /// What the HTTP client needs to know of this.
  public var httpOptions: HTTPClient.Options {
    var options = HTTPClient.Options()
    options.maxTransfers = self.maxTransfers
    options.maxIdleConnections = self.maxTransfers
    options.connectTo = self.connectTo
    options.caFile = self.caFile
    options.proxyCAFile = self.proxyCAFile
    return options
  }
}
