public import Transcripts

/// Identifier of a job: at most 64 characters of `[0-9A-Za-z_-]`.
public struct JobID: Hashable, Sendable, CustomStringConvertible {
  public let text: String

  /// Nil when `text` cannot be a job's identifier.
  public init?(_ text: String) {
    guard (1...64).contains(text.utf8.count),
      text.utf8.allSatisfy({
        switch $0 {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      })
    else { return nil }
    self.text = text
  }

  public var description: String { self.text }
}

/// The life of a job: running, then exactly one of the others.
public enum JobState: Hashable, Sendable { case running, done, cancelled, failed }

/// Where one video of a job is; at every instant exactly one of these.
public enum VideoState: Hashable, Sendable, CaseIterable {
  case queued, fetching, indexing, done, failed, skipped, cancelled
}

/// How many videos of a job are in each state.
public struct JobCounts: Hashable, Sendable {
  public var queued = 0
  public var fetching = 0
  public var indexing = 0
  public var done = 0
  public var failed = 0
  public var skipped = 0
  public var cancelled = 0

  public init() {}

  public var total: Int { self.ended + self.queued + self.fetching + self.indexing }
  public var ended: Int { self.done + self.failed + self.skipped + self.cancelled }
}

/// How soon a job's videos get their turn.
public enum JobPriority: Hashable, Sendable, CaseIterable {
  /// Shares with the other bulk jobs.
  case bulk
  /// Somebody waits: while jobs of both priorities have work, these together begin three videos of four.
  case interactive
}

/// What a caller asked for beside the source.
public struct JobOptions: Hashable, Sendable {
  public static let weights = 1...100
  public static let inFlightLimits = 1...100_000
  public static let maxIndexNameBytes = 64
  /// What was indexed is remembered so long at most.
  public static let longestMaxAge = Duration.seconds(24 * 3600)

  public var languages: LanguagePreference
  /// Fetch videos again although they were indexed lately.
  public var force: Bool
  public var priority: JobPriority
  /// Videos that the job begins in each turn, beside other jobs of its priority; of ``weights``.
  public var weight: Int
  /// Videos that may be in the fetch stage at once, waiting for a fetcher or with one; of ``inFlightLimits``. Nil: any.
  public var maxInFlight: Int?
  /// What was indexed longer ago is fetched again: above zero, to ``longestMaxAge``. Nil: 12 to 24 hours.
  public var maxAge: Duration?
  /// The index that the videos go to; empty: the default one. Letters, digits, `-`, `_`: at most ``maxIndexNameBytes``.
  public var index: String

  public init(
    languages: LanguagePreference = LanguagePreference(), force: Bool = false,
    priority: JobPriority = .bulk, weight: Int = 1, maxInFlight: Int? = nil,
    maxAge: Duration? = nil,
    index: String = ""
  ) {
    self.languages = languages
    self.force = force
    self.priority = priority
    self.weight = weight
    self.maxInFlight = maxInFlight
    self.maxAge = maxAge
    self.index = index
  }
}

/// One submitted playlist, channel or video.
public struct Job: Hashable, Sendable {
  public var id: JobID
  public var source: SourceID
  public var title: String
  public var state: JobState
  public var counts: JobCounts
  /// True when all pages of the playlist have been read.
  public var listingComplete: Bool
  /// How many videos the playlist says it has.
  public var statedTotal: Int?
  /// Why the job failed, or what is incomplete, in words a user understands. Empty: nothing is wrong.
  public var error: String
  /// Milliseconds since 1970, on Redis' clock.
  public var createdMilliseconds: Int64
  public var endedMilliseconds: Int64?
  /// Grows with every change of the job.
  public var version: Int64
  /// A running job of which nothing new is begun.
  public var isPaused: Bool
  public var priority: JobPriority
  /// Videos that it begins in each turn.
  public var weight: Int
  /// Videos that may be in the fetch stage at once; nil: any.
  public var maxInFlight: Int?
  /// The index that its videos go to; empty: the default one.
  public var index: String

  public init(
    id: JobID, source: SourceID, title: String = "", state: JobState = .running,
    counts: JobCounts = JobCounts(), listingComplete: Bool = false, statedTotal: Int? = nil,
    error: String = "", createdMilliseconds: Int64 = 0, endedMilliseconds: Int64? = nil,
    version: Int64 = 0, isPaused: Bool = false, priority: JobPriority = .bulk, weight: Int = 1,
    maxInFlight: Int? = nil, index: String = ""
  ) {
    self.id = id
    self.source = source
    self.title = title
    self.state = state
    self.counts = counts
    self.listingComplete = listingComplete
    self.statedTotal = statedTotal
    self.error = error
    self.createdMilliseconds = createdMilliseconds
    self.endedMilliseconds = endedMilliseconds
    self.version = version
    self.isPaused = isPaused
    self.priority = priority
    self.weight = weight
    self.maxInFlight = maxInFlight
    self.index = index
  }
}

/// One video of a job.
public struct JobVideo: Hashable, Sendable {
  public var id: VideoID
  public var state: VideoState
  /// Failed attempts so far.
  public var attempts: Int
  /// The last error's kind; empty: none.
  public var errorKind: String
  /// The last error in words a user understands.
  public var errorMessage: String
  /// Which caption tracks were taken, and why; nil: it was not fetched by this job.
  public var choice: TrackChoice?

  public init(
    id: VideoID, state: VideoState, attempts: Int = 0, errorKind: String = "",
    errorMessage: String = "", choice: TrackChoice? = nil
  ) {
    self.id = id
    self.state = state
    self.attempts = attempts
    self.errorKind = errorKind
    self.errorMessage = errorMessage
    self.choice = choice
  }
}
