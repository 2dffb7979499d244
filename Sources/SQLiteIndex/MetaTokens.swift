internal import Search
internal import Transcripts

/// The tokens of the `meta` column, by which documents are filtered.
///
/// An identifier is case-sensitive and may hold `-` and `_`, which a tokenizer folds and splits at: so it is written in
/// hexadecimal after a letter for its field. In front is a scalar that no normalized word holds (``Normalizer`` drops
/// format characters), so words never match them, whole or by prefix, and queries need no column filter.
enum MetaTokens {
  private static let mark = "\u{2063}"

  static func token(_ field: FilterField, _ value: String) -> String {
    let letter =
      switch field {
      case .channel: "c"
      case .playlist: "p"
      case .language: "l"
      case .kind: "k"
      case .video: "v"
      }
    var token = Self.mark + letter
    for byte in value.utf8 {
      token.append(Self.digits[Int(byte >> 4)])
      token.append(Self.digits[Int(byte & 15)])
    }
    return token
  }

  /// All tokens of a document, separated by spaces.
  static func tokens(_ transcript: Transcript, playlists: [String]) -> String {
    var tokens = [
      Self.token(.video, transcript.video.id.text),
      Self.token(.kind, transcript.track.kind.rawValue),
    ]
    if !transcript.video.channelID.isEmpty {
      tokens.append(Self.token(.channel, transcript.video.channelID))
    }
    tokens += LanguageLookup.values(of: transcript.track.languageCode).map {
      Self.token(.language, $0)
    }
    tokens += playlists.map { Self.token(.playlist, $0) }
    return tokens.joined(separator: " ")
  }

  private static let digits = Array("0123456789abcdef")
}
