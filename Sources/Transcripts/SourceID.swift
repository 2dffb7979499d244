/// What a job indexes: a playlist, a channel or one video.
///
/// Its canonical text form (``text``) travels in RPC and names the job in Redis (`playlist_task:<text>`).
public enum SourceID: Hashable, Sendable {
  /// `PL…`, `UU…`, `OLAK5uy_…` and the other kinds that can be listed.
  case playlist(String)
  /// `UC…`: the channel's uploads.
  case channel(String)
  /// `@name`, `c/name` or `user/name`: has to be resolved first.
  case channelName(String)
  /// One video.
  case video(VideoID)

  /// Canonical form: `PL…`, `UC…`, `@name`, `c/name`, `user/name`, `video:ID`.
  public var text: String {
    switch self {
    case .playlist(let id), .channel(let id), .channelName(let id): id
    case .video(let id): "video:\(id.text)"
    }
  }
}
