/// A caption track as a player lists it.
public struct OfferedTrack: Hashable, Sendable {
  public var track: CaptionTrack
  /// Tells tracks of one language apart: `.en`, `a.en`, `.ar.kH2EDplw2PE`.
  public var id: String
  public var isTranslatable: Bool

  public init(_ track: CaptionTrack, id: String, isTranslatable: Bool = false) {
    self.track = track
    self.id = id
    self.isTranslatable = isTranslatable
  }
}

/// Which of a video's caption tracks are fetched, and as what.
public struct TrackPlan: Hashable, Sendable {
  /// One track to fetch.
  public struct Part: Hashable, Sendable {
    /// Among the tracks that were offered.
    public var index: Int
    /// What it is stored as.
    public var track: CaptionTrack
    /// The language that the source is to translate it to; nil: as it is.
    public var translateTo: String?
    /// For people: why it was chosen.
    public var reason: String
  }

  /// Why there is no plan.
  public enum Refusal: Error, Hashable, Sendable {
    /// No track is acceptable.
    case noTrack
    /// What would be translated cannot be, or not to that language.
    case noTranslation
  }

  /// The most tracks of one video. Recorded: 36.
  public static let maxTracks = 100

  /// At least one, the best first; their language codes differ.
  public private(set) var parts: [Part]

  /// Chooses the track that `preference` asks for, or all of them, by the rules of ``CaptionSelection``.
  ///
  /// A translation is planned only where one is asked for and none of the tracks is in its language, in whatever form. It is
  /// marked as such, and its code (`de-t-en`) is never that of an original.
  ///
  /// - Parameters:
  ///   - translations: The languages that the source translates to.
  public init(
    among offered: [OfferedTrack], defaultIndex: Int? = nil, translations: [String] = [],
    preference: LanguagePreference
  ) throws(Refusal) {
    let tracks = offered.map(\.track)
    self.parts = []
    let asked = preference.translateTo.map { LanguagePreference.only($0, of: preference.kinds) }
    let original = asked.flatMap {
      CaptionSelection(among: tracks, defaultIndex: defaultIndex, preference: $0)
    }
    if preference.allTracks {
      for choice in CaptionSelection.all(
        among: tracks, defaultIndex: defaultIndex, preference: preference
      ).prefix(Self.maxTracks) {
        self.add(choice, of: offered)
      }
    } else {
      // A language of the list that exists needs no translation.
      var listed = preference
      listed.anyLanguage = preference.anyLanguage && asked == nil
      let choice =
        asked != nil && preference.languageCodes.isEmpty
        ? nil
        : CaptionSelection(among: tracks, defaultIndex: defaultIndex, preference: listed)
      if let choice { self.add(choice, of: offered) }
    }
    if let language = preference.translateTo, preference.allTracks || self.parts.isEmpty {
      if let original {
        if !self.parts.contains(where: { $0.index == original.index }) {
          self.add(original, of: offered)
        }
      } else {
        try self.addTranslation(
          to: language, of: offered, defaultIndex: defaultIndex, translations: translations,
          preference: preference)
      }
    }
    guard !self.parts.isEmpty else { throw .noTrack }
  }

  private mutating func addTranslation(
    to language: String, of offered: [OfferedTrack], defaultIndex: Int?, translations: [String],
    preference: LanguagePreference
  ) throws(Refusal) {
    var any = preference
    any.anyLanguage = true
    guard
      let source = CaptionSelection(
        among: offered.map(\.track), defaultIndex: defaultIndex, preference: any)
    else { throw .noTrack }
    let tag = LanguageTag(language)
    guard offered[source.index].isTranslatable,
      let target = translations.first(where: { LanguageTag($0) == tag })
    else { throw .noTranslation }
    let track = offered[source.index].track
    let code = "\(target)-t-\(track.languageCode.lowercased())"
    self.parts.append(
      Part(
        index: source.index,
        track: CaptionTrack(
          languageCode: code, name: "\(target), machine translation of \(track.name)",
          kind: track.kind, translatedFrom: track.languageCode),
        translateTo: target,
        reason:
          "\(language) asked for and not available, machine translation of the \(track.kind.phrase) \(track.languageCode) track"
      ))
  }

  private mutating func add(_ choice: CaptionSelection, of offered: [OfferedTrack]) {
    let source = offered[choice.index]
    var track = source.track
    if self.isUsed(track.languageCode) {
      let base = track.languageCode + "-x-"
      // Private parts of a tag have at most eight letters and digits each (RFC 5646, section 2.1).
      let own =
        track.kind == .automatic
        ? "auto"
        : String(source.id.lazy.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }.suffix(8))
          .lowercased()
      track.languageCode = base + (own.isEmpty ? "2" : own)
      var number = 2
      while self.isUsed(track.languageCode) {
        track.languageCode = "\(base)\(number)"
        number += 1
      }
    }
    self.parts.append(
      Part(index: choice.index, track: track, translateTo: nil, reason: choice.reason))
  }

  private func isUsed(_ code: String) -> Bool {
    self.parts.contains { $0.track.languageCode == code }
  }
}

extension LanguagePreference {
  fileprivate static func only(
    _ code: String, of kinds: CaptionKindPreference
  ) -> LanguagePreference {
    LanguagePreference(languageCodes: [code], anyLanguage: false, kinds: kinds)
  }
}
