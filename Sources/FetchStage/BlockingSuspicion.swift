internal import Pipeline
internal import Transcripts

/// Notices when so many videos of one job fail for good, and alike, that it is more likely YouTube than the videos.
///
/// Whoever is blocked is often told that videos are unavailable or have no captions. While that is suspected of a job, such an
/// answer is not written down as final: the video is tried again later, and in the end set aside under a kind of its own that an
/// operator can requeue as a whole. Does no I/O; one fetcher judges by what it saw itself.
///
/// Videos are looked at in the order in which they began, with those that are still in work: a video without captions is through
/// after one request, one with captions after two, so of many that begin together those that fail end first.
struct BlockingSuspicion {
  /// More than this share of a job's newest videos, ended in the same way, is suspicious.
  static let share = 0.3
  /// The newest videos of a job that are looked at: the one that began last of those that have ended, and those before it.
  static let window = 50
  /// Fewer say nothing.
  static let minVideos = 20
  /// Jobs that are remembered; beyond, the one that was silent longest is forgotten.
  static let maxJobs = 1000
  /// How long a video is left alone. Blocks last 15 minutes to an hour.
  static let wait = Duration.seconds(900)
  /// The kind of failure that is written down in place of the suspicious one.
  static let kind = "suspected-blocking"

  /// Answers that were given to people who were blocked (youtube-transcript-api, issues 51, 66, 303, 389). Others, such as that
  /// only members may watch, say too much about the video to be made up.
  private static let suspects: Set<FetchError.Kind> = [
    .noTranscript, .notFound, .unplayable, .withheld, .isPrivate,
  ]

  /// A video in work.
  struct Video: Hashable {
    let job: JobID
    /// Tells a job's history from another one's of the same job, which was forgotten.
    fileprivate let history: UInt64
    fileprivate let number: Int
  }

  private enum State: Hashable {
    case inWork
    /// It was given back, or taken by another: nothing is known of it.
    case dropped
    /// Nil: it went well, or failed in another way.
    case ended(FetchError.Kind?)
  }

  private struct History {
    let id: UInt64
    /// In the order in which they began, without those that are not looked at any more.
    var videos: [State] = []
    /// The number of the first of ``videos``.
    var first = 0
    /// The number of the last that has ended, and one.
    var end = 0
    var isSuspected = false
    var lastUse: UInt64 = 0

    init(_ id: UInt64) { self.id = id }

    /// Those that are looked at.
    var newest: [State] {
      let end = self.end - self.first
      return self.videos[max(0, end - BlockingSuspicion.window)..<end].filter { $0 != .dropped }
    }

    /// A video of `job`, whose history this is, begins.
    mutating func begin(_ job: JobID, at clock: UInt64) -> Video {
      self.lastUse = clock
      self.videos.append(.inWork)
      return Video(job: job, history: self.id, number: self.first + self.videos.count - 1)
    }

    /// Notes what became of a video, if it is still looked at.
    ///
    /// - Returns: Whether the job begins, or ceases, to be suspected.
    mutating func set(_ video: Video, _ state: State, at clock: UInt64) -> Change? {
      guard self.id == video.history, video.number >= self.first else { return nil }
      self.lastUse = clock
      self.videos[video.number - self.first] = state
      self.end = max(self.end, video.number + 1)
      let was = self.isSuspected
      self.isSuspected = BlockingSuspicion.isSuspicious(self.newest)
      self.trim()
      return self.isSuspected == was ? nil : self.isSuspected ? .begins : .ends
    }

    private mutating func trim() {
      let old = self.end - self.first - BlockingSuspicion.window
      guard old > BlockingSuspicion.window else { return }
      self.videos.removeFirst(old)
      self.first += old
    }
  }

  /// What a change of a job's state is worth saying.
  enum Change: Equatable {
    case begins
    case ends
  }

  private var jobs: [JobID: History] = [:]
  private var clock: UInt64 = 0

  /// Jobs that are suspected to be blocked now.
  var suspectedJobs: Int { self.jobs.values.count(where: \.isSuspected) }

  /// A video's fetch begins.
  mutating func began(_ job: JobID) -> Video {
    self.clock += 1
    // In place, here and below: a copy of a job's history for each of its videos would cost more than all the rest.
    let video = self.jobs[job, default: History(self.clock)].begin(job, at: self.clock)
    if self.jobs.count > Self.maxJobs,
      let oldest = self.jobs.min(by: { $0.value.lastUse < $1.value.lastUse })
    {
      self.jobs[oldest.key] = nil
    }
    return video
  }

  /// A video's fetch has ended.
  ///
  /// - Parameter kind: Nil: with a transcript.
  /// - Returns: Whether the job begins, or ceases, to be suspected.
  mutating func ended(_ video: Video, _ kind: FetchError.Kind?) -> Change? {
    self.set(video, .ended(kind.flatMap { Self.suspects.contains($0) ? $0 : nil }))
  }

  /// A video's fetch has been stopped.
  mutating func dropped(_ video: Video) -> Change? { self.set(video, .dropped) }

  private mutating func set(_ video: Video, _ state: State) -> Change? {
    self.clock += 1
    return self.jobs[video.job]?.set(video, state, at: self.clock)
  }

  private static func isSuspicious(_ videos: [State]) -> Bool {
    guard videos.count >= Self.minVideos else { return false }
    return Self.suspects.contains { kind in
      Double(videos.count(where: { $0 == .ended(kind) })) > Self.share * Double(videos.count)
    }
  }

  /// What to report in place of a final failure; nil: it is believed.
  func doubt(_ error: FetchError, of job: JobID) -> TaskFailure? {
    guard let history = self.jobs[job], history.isSuspected, Self.suspects.contains(error.kind)
    else { return nil }
    let newest = history.newest
    let alike = newest.count(where: { $0 == .ended(error.kind) })
    return TaskFailure(
      kind: Self.kind,
      message:
        "YouTube's answer is not believed: \(alike) of the last \(newest.count) videos of this list failed as "
        + "\"\(error.kind.rawValue)\", which looks like a blocked address or an outdated client. It is tried again later. "
        + "The answer: \(error.message)",
      consequence: .retry, retryAfter: Self.wait)
  }
}
