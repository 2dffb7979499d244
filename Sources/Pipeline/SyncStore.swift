public import Transcripts

/// A playlist or channel that is kept up to date: each run fetches what no earlier run has.
public struct KeptPlaylist: Hashable, Sendable {
  /// Between two runs.
  public static let intervals = Duration.seconds(15 * 60) ... .seconds(30 * 24 * 3600)

  public var source: SourceID
  /// Nil: it runs by request only.
  public var every: Duration?
  /// Of every run. ``JobOptions/force`` and ``JobOptions/maxAge`` have no meaning: what earlier runs have is known.
  public var options: JobOptions
  /// The job of the last run.
  public var lastJob: JobID?
  public var runs: Int
  /// Videos that the next run need not fetch, as far as jobs that ended have been looked at.
  public var knownVideos: Int
  /// Milliseconds since 1970, on Redis' clock; nil: by request only.
  public var nextRunMilliseconds: Int64?

  public init(
    source: SourceID, every: Duration? = nil, options: JobOptions = JobOptions(),
    lastJob: JobID? = nil, runs: Int = 0, knownVideos: Int = 0, nextRunMilliseconds: Int64? = nil
  ) {
    self.source = source
    self.every = every
    self.options = options
    self.lastJob = lastJob
    self.runs = runs
    self.knownVideos = knownVideos
    self.nextRunMilliseconds = nextRunMilliseconds
  }
}

/// Playlists that are kept up to date. Implemented in Redis by `RedisQueue`, whose upkeep begins the runs that are due.
///
/// All calls throw ``QueueError``.
public protocol SyncStore: Sendable {
  /// Remembers `source` and begins a run, or finds the job of it that runs already.
  ///
  /// - Parameters:
  ///   - every: Of ``KeptPlaylist/intervals``; zero: by request only; nil: as it was, by request only at first.
  ///   - options: Of this run and those that begin by themselves. Other languages, or another index, than before make all
  ///     videos new.
  func sync(
    _ source: SourceID, every: Duration?, options: JobOptions
  ) async throws -> (playlist: KeptPlaylist, job: Job, created: Bool)
  /// Those that run next first.
  func syncs(pageSize: Int, pageToken: String?) async throws -> Page<KeptPlaylist>
  /// Forgets a playlist; what is indexed stays. False: it was not kept.
  func removeSync(_ source: SourceID) async throws -> Bool
}
