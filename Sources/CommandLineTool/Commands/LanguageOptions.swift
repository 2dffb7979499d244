internal import API
internal import Options
internal import Protobuf

/// Which caption tracks are fetched: what `index` and `sync` say alike.
enum LanguageOptions {
  static let languages = Option.list(
    "lang", parse: .text, placeholder: "CODE", defaultNote: "the video's own",
    help: "Which captions, the best first.")
  static let anyLanguage = Option(
    "any-language", parse: .boolean, default: false,
    help: "Takes any captions of a video that has none of --lang.")
  static let prefer = Option(
    "prefer",
    parse: .choice([
      ("manual", APICaptionKindPreference.manualFirst), ("automatic", .automaticFirst),
      ("manual-only", .manualOnly), ("automatic-only", .automaticOnly),
    ]), default: .manualFirst, placeholder: "KIND",
    help:
      "Captions of a language that a person wrote before those of speech recognition (manual), or the other way round (automatic), or only one kind (manual-only, automatic-only)."
  )
  static let allTracks = Option(
    "all-tracks", parse: .boolean, default: false,
    help: "Takes every track of a video, not just the best one: all in --lang, or in all languages."
  )
  static let translateTo = Option(
    "translate-to", parse: .text, placeholder: "CODE", defaultNote: "never",
    help:
      "Takes YouTube's machine translation of a video that has no captions in this language; it is marked as one."
  )

  static let group = OptionGroup(
    "Languages", [languages, anyLanguage, prefer, allTracks, translateTo])

  /// Nil: nothing was said of it.
  static func preference(_ values: OptionValues) -> APILanguagePreference? {
    let preference = APILanguagePreference.with {
      $0.languageCodes = values[Self.languages]
      $0.anyLanguage = values[Self.anyLanguage]
      let kinds = values[Self.prefer]
      $0.kinds = kinds == .manualFirst ? .unspecified : kinds
      $0.allTracks = values[Self.allTracks]
      $0.translateTo = values[Self.translateTo] ?? ""
    }
    return preference == APILanguagePreference() ? nil : preference
  }
}
