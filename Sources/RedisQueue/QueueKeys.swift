internal import Pipeline
internal import Transcripts

/// The names of the keys that Swift code touches itself. All others are named in `Functions/verbatim.lua`,
/// whose table lists every key.
public struct QueueKeys: Hashable, Sendable {
  /// Begins every key. Its hash tag keeps one pipeline in one slot of a cluster.
  public var prefix: String
  /// Begins the key that names the job of a source.
  public var sourcePrefix: String

  /// Keys of a single Redis: `verbatim:{0}:…` and `playlist_task:<source>`.
  public static let standard = QueueKeys(prefix: "verbatim:{0}:", sourcePrefix: "playlist_task:")

  /// Keys of a cluster: the names of sources are in the same slot as all others.
  public static let cluster = QueueKeys(
    prefix: "verbatim:{0}:", sourcePrefix: "playlist_task:{0}")

  /// - Parameters:
  ///   - prefix: Must hold a hash tag, such as `{0}`.
  ///   - sourcePrefix: In a cluster it must hold the same tag: `playlist_task:{0}`.
  public init(prefix: String, sourcePrefix: String) {
    self.prefix = prefix
    self.sourcePrefix = sourcePrefix
  }

  /// - Parameters:
  ///   - languages: As the queue writes them: jobs that want other tracks, or fill another index, are other jobs.
  func source(_ source: SourceID, languages: String, index: String) -> String {
    self.sourcePrefix + source.text + (languages.isEmpty ? "" : "~" + languages)
      + (index.isEmpty ? "" : "@" + index)
  }
  func stream(_ stage: Stage) -> String { self.prefix + stage.rawValue }
  func videos(_ job: JobID) -> String { self.prefix + "videos:" + job.text }
  func errors(_ job: JobID) -> String { self.prefix + "errors:" + job.text }
  func notes(_ job: JobID) -> String { self.prefix + "notes:" + job.text }
  func payload(_ job: JobID, _ video: VideoID, _ token: some StringProtocol) -> String {
    "\(self.prefix)payload:\(job.text):\(video.text):\(token)"
  }
  var events: String { self.prefix + "events" }
  var config: String { self.prefix + "config" }
  var dead: String { self.prefix + "dead" }
  var state: String { self.prefix + "state" }
}

/// The work streams; raw values are their keys and the functions' stage arguments.
enum Stage: String, Sendable { case expand, fetch, index }
