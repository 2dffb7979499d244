internal import Options
internal import Transcripts

extension ValueParser where Value == String {
  /// The id of a playlist, from itself or from a URL.
  static var playlistID: Self {
    Self(placeholder: "ID") { text in
      switch try Self.source(text) {
      case .playlist(let id): return id
      case .channel(let id): return SourceID.uploadsPlaylistID(ofChannel: id) ?? id
      case .channelName, .video:
        throw ValueProblem("not a playlist", remedy: "write its id (PL...) or its URL")
      }
    }
  }

  /// The id of a video, from itself or from a URL.
  static var videoID: Self {
    Self(placeholder: "ID") { text in
      guard case .video(let id) = try Self.source(text) else {
        throw ValueProblem("not a video", remedy: "write its id (11 characters) or its URL")
      }
      return id.text
    }
  }

  private static func source(_ text: String) throws -> SourceID {
    do {
      return try SourceID(parsing: text)
    } catch {
      throw ValueProblem("\(error)", remedy: "write an id or a URL of YouTube")
    }
  }
}
