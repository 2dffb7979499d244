internal import API
internal import Options
internal import Transcripts

/// What several commands say of indexes.
enum IndexOptions {
  static let index = Option(
    "index", parse: .text, default: "default", placeholder: "NAME",
    help: "The index, by its name or an alias.")
  static let exact = Option(
    "exact", parse: .boolean, default: false,
    help: "Finds words only as they are written, not their other English forms.")
  static let language = Option(
    "lang", parse: .text, placeholder: "CODE", defaultNote: "whichever is indexed",
    help: "Language of the captions.")
  static let notFoundRemedy =
    "`verbatim indexes` lists the indexes; a video is indexed with: verbatim index URL"

  /// The id of a video, from itself or from a URL.
  static func video(_ text: String) throws -> String {
    // What is wrong with it is said once, for all texts that are no video.
    guard case .video(let id)? = try? SourceID(parsing: text) else {
      throw ToolError(
        .usage, "\(text) is not a video", remedy: "write its id (11 characters) or its URL")
    }
    return id.text
  }
}
