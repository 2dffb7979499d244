internal import Pipeline
internal import Transcripts

/// Notices when so many videos of one job fail for good, and alike, that it is more likely YouTube than the videos.
///
/// Whoever is blocked is often told that videos are unavailable or have no captions. While that is suspected of a job, such an
/// answer is not written down as final: the video is tried again later, and in the end set aside under a kind of its own that an
/// operator can requeue as a whole. Does no I/O; one fetcher judges by what it saw itself.
struct BlockingSuspicion {
  /// More than this share of a job's newest videos, ended in the same way, is suspicious.
  static let share = 0.3
  /// The newest videos of a job that are looked at.
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

  private struct History {
    /// Nil: it went well, or failed in another way. Newest last.
    var endings: [FetchError.Kind?] = []
    var isSuspected = false
    var lastUse: UInt64 = 0
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

  /// A video's fetch has ended.
  ///
  /// - Parameter kind: Nil: with a transcript.
  /// - Returns: Whether the job begins, or ceases, to be suspected.
  mutating func ended(_ job: JobID, _ kind: FetchError.Kind?) -> Change? {
    self.clock += 1
    var history = self.jobs[job] ?? History()
    history.lastUse = self.clock
    history.endings.append(kind.flatMap { Self.suspects.contains($0) ? $0 : nil })
    if history.endings.count > Self.window { history.endings.removeFirst() }
    let was = history.isSuspected
    history.isSuspected = Self.isSuspicious(history.endings)
    self.jobs[job] = history
    if self.jobs.count > Self.maxJobs,
      let oldest = self.jobs.min(by: { $0.value.lastUse < $1.value.lastUse })
    {
      self.jobs[oldest.key] = nil
    }
    return history.isSuspected == was ? nil : history.isSuspected ? .begins : .ends
  }

  private static func isSuspicious(_ endings: [FetchError.Kind?]) -> Bool {
    guard endings.count >= Self.minVideos else { return false }
    return Self.suspects.contains { kind in
      Double(endings.count(where: { $0 == kind })) > Self.share * Double(endings.count)
    }
  }

  /// What to report in place of a final failure; nil: it is believed.
  func doubt(_ error: FetchError, of job: JobID) -> TaskFailure? {
    guard let history = self.jobs[job], history.isSuspected, Self.suspects.contains(error.kind)
    else { return nil }
    let alike = history.endings.count(where: { $0 == error.kind })
    return TaskFailure(
      kind: Self.kind,
      message:
        "YouTube's answer is not believed: \(alike) of the last \(history.endings.count) videos of this list failed as "
        + "\"\(error.kind.rawValue)\", which looks like a blocked address or an outdated client. It is tried again later. "
        + "The answer: \(error.message)",
      consequence: .retry, retryAfter: Self.wait)
  }
}
