/// How the simulated YouTube behaves: how fast, how reliable, how strict. Replaced as a whole through the control port.
///
/// Every decision is drawn from the seed, the video and the number of the attempt, so a run repeats.
public struct Scenario: Sendable, Equatable {
  /// The kinds of requests that are told apart.
  public enum Path: String, Sendable, CaseIterable {
    case player
    case timedText = "timedtext"
    case browse
    /// Watch pages.
    case page
    /// The Data API.
    case dataAPI = "data-api"
    /// Everything else.
    case other
  }

  /// How long a request takes: log-normal, with a tail of slow ones.
  public struct Latency: Sendable, Equatable {
    public var medianMilliseconds: Double
    /// Deviation of the logarithm; zero makes every request take the median.
    public var sigma: Double
    /// This share of the requests takes ``tailFactor`` times as long.
    public var tailShare: Double
    public var tailFactor: Double

    public init(
      medianMilliseconds: Double, sigma: Double = 0, tailShare: Double = 0, tailFactor: Double = 10
    ) {
      self.medianMilliseconds = medianMilliseconds
      self.sigma = sigma
      self.tailShare = tailShare
      self.tailFactor = tailFactor
    }
  }

  /// What goes wrong with a request.
  public enum Fault: String, Sendable, CaseIterable {
    /// 429, with `Retry-After` where the rule has one.
    case throttled
    /// 500, 502, 503 or 504.
    case serverError = "server-error"
    /// No answer until the client gives up.
    case hang
    /// The connection breaks off in the middle of the body.
    case reset
    /// Half a body that looks complete.
    case truncated
    /// 200 with an empty `text/html` body.
    case empty
    /// The player asks to sign in "to confirm you’re not a bot"; elsewhere 429.
    case botCheck = "bot-check"
    /// The player says "try again later"; elsewhere 429.
    case tryAgainLater = "try-again-later"
    /// The player answers for another video; elsewhere nothing happens.
    case wrongVideo = "wrong-video"
    /// The page for unusual traffic: 200 on watch pages, 429 elsewhere.
    case captcha
    /// 403.
    case forbidden
    /// 400, as for a client that is too old for YouTube.
    case clientOutdated = "client-outdated"
    /// The page that asks for consent to cookies, on watch pages of who sends no cookie of consent; elsewhere nothing happens.
    case consent
    /// The Data API's daily quota is used up; elsewhere nothing happens.
    case quotaExceeded = "quota-exceeded"
    /// The Data API does not take the key; elsewhere nothing happens.
    case keyInvalid = "key-invalid"
    // The player says so of the video, whatever it is; elsewhere nothing happens.
    case isPrivate = "private"
    case deleted
    case ageRestricted = "age-restricted"
    case membersOnly = "members-only"
    case musicPremium = "music-premium"
    case geoBlocked = "geo-blocked"
    case noCaptions = "no-captions"
    case madeForKids = "made-for-kids"
    case live
    case upcoming
    case withheld
  }

  /// Lets a fault happen to some requests. All conditions that are set must hold.
  public struct Rule: Sendable, Equatable {
    public var fault: Fault
    /// From 0 to 1.
    public var probability: Double
    public var path: Path?
    /// Only the first so many requests for the same thing: 1 makes each fail once.
    public var attempts: Int?
    public var identity: String?
    /// The video that is asked for, or the playlist's `browseId`.
    public var subject: String?
    public var retryAfterSeconds: Int?

    public init(
      _ fault: Fault, probability: Double = 1, path: Path? = nil, attempts: Int? = nil,
      identity: String? = nil, subject: String? = nil, retryAfterSeconds: Int? = nil
    ) {
      self.fault = fault
      self.probability = probability
      self.path = path
      self.attempts = attempts
      self.identity = identity
      self.subject = subject
      self.retryAfterSeconds = retryAfterSeconds
    }
  }

  /// How many requests an identity may make before something happens to the rest.
  public struct Cap: Sendable, Equatable {
    public var maxRequests: Int
    /// Counted from the first request of a window.
    public var windowSeconds: Int
    public var fault: Fault

    public init(maxRequests: Int, windowSeconds: Int = 3600, fault: Fault = .tryAgainLater) {
      self.maxRequests = maxRequests
      self.windowSeconds = windowSeconds
      self.fault = fault
    }
  }

  /// For paths that ``latency`` does not name.
  public var defaultLatency = Latency(medianMilliseconds: 0)
  public var latency: [Path: Latency] = [:]
  /// The first rule that strikes decides.
  public var rules: [Rule] = []
  /// Counts player and timedtext requests.
  public var cap: Cap?
  /// Part of the synthetic videos by what is wrong with them, such as `private` or `no-captions`.
  public var videoShares: [String: Double] = [:]

  public init() {}

  /// Answers at once, and everything works.
  public static let ideal = Scenario()

  /// About a second and a half for each video, as measured on a plain connection.
  public static let realistic: Scenario = {
    var scenario = Scenario()
    scenario.defaultLatency = Latency(
      medianMilliseconds: 350, sigma: 0.35, tailShare: 0.01, tailFactor: 10)
    return scenario
  }()
}
