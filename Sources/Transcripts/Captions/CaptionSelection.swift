/// Which of a video's caption tracks to take, and why.
public struct CaptionSelection: Hashable, Sendable {
  /// Of the track, among those it was chosen from.
  public var index: Int
  /// For people: `en asked for, en-GB is the closest manual track`.
  public var reason: String

  /// Chooses the best track; nil when none is acceptable.
  ///
  /// For each language of the preference in turn: the exact code, then another form of the same language (`en-GB` for `en`,
  /// `en` for `en-US`); within each, manual before automatic, or as ``LanguagePreference/kinds`` says.
  /// Language outranks kind, so that an automatic track in the first language wins over a manual one in the second.
  /// After that, or when no language is asked for: the video's own language, if any language will do.
  ///
  /// - Parameters:
  ///   - defaultIndex: The track that the source shows by default: it tells the video's own language.
  public init?(
    among tracks: [CaptionTrack], defaultIndex: Int? = nil, preference: LanguagePreference
  ) {
    var choice = Choice(tracks: tracks, kinds: preference.kinds)
    choice.defaultIndex = defaultIndex.flatMap { tracks.indices.contains($0) ? $0 : nil }
    for code in preference.languageCodes {
      if let index = choice.exact(code) {
        self.init(index: index, reason: "\(code) asked for, \(tracks[index].kind.phrase) track")
        return
      }
      if let index = choice.related(code) {
        let track = tracks[index]
        self.init(
          index: index,
          reason:
            "\(code) asked for, \(track.languageCode) is the closest \(track.kind.phrase) track")
        return
      }
    }
    let isAsked = !preference.languageCodes.isEmpty
    guard !isAsked || preference.anyLanguage, let index = choice.own() else { return nil }
    let track = tracks[index]
    let what = "\(track.languageCode) is the video's own language, \(track.kind.phrase) track"
    let codes = preference.languageCodes.joined(separator: ", ")
    self.init(index: index, reason: isAsked ? "\(codes) not available, \(what)" : what)
  }

  /// All acceptable tracks in the preference's languages, the best first; in all languages where it names none. When the
  /// video has none of them: the one of its own language, if any language will do.
  static func all(
    among tracks: [CaptionTrack], defaultIndex: Int?, preference: LanguagePreference
  ) -> [CaptionSelection] {
    guard
      let best = CaptionSelection(
        among: tracks, defaultIndex: defaultIndex, preference: preference)
    else { return [] }
    let tags = preference.languageCodes.map { LanguageTag($0) }
    let isAsked = { (track: CaptionTrack) in
      let tag = LanguageTag(track.languageCode)
      return tags.isEmpty || tags.contains { tag == $0 || tag.isRelated(to: $0) }
    }
    guard isAsked(tracks[best.index]) else { return [best] }
    // Of one language the better kind comes first: it is the one with the plain code.
    let others = preference.kinds.order.flatMap { kind in
      tracks.indices.filter { index in
        let track = tracks[index]
        return index != best.index && track.kind == kind && track.translatedFrom == nil
          && isAsked(track)
      }
    }
    return [best]
      + others.map {
        CaptionSelection(
          index: $0,
          reason: "all tracks asked for, \(tracks[$0].languageCode) \(tracks[$0].kind.phrase) track"
        )
      }
  }

  init(index: Int, reason: String) {
    self.index = index
    self.reason = reason
  }
}

private struct Choice {
  let tracks: [CaptionTrack]
  let kinds: CaptionKindPreference
  var defaultIndex: Int?

  func exact(_ code: String) -> Int? {
    let code = LanguageTag(code)
    return self.best { LanguageTag($0.languageCode) == code }
  }

  func related(_ code: String) -> Int? {
    let code = LanguageTag(code)
    return self.best { LanguageTag($0.languageCode).isRelated(to: code) }
  }

  /// The video's own language: that of the default track, else that which speech recognition heard.
  func own() -> Int? {
    let source =
      self.defaultIndex ?? self.tracks.firstIndex { $0.kind == .automatic }
      ?? self.tracks.indices.first
    guard let source else { return nil }
    let code = self.tracks[source].languageCode
    return self.exact(code) ?? self.related(code) ?? self.best { _ in true }
  }

  /// The first acceptable track by kind; the default track wins among equals.
  private func best(where matches: (CaptionTrack) -> Bool) -> Int? {
    for kind in self.kinds.order {
      if let index = self.defaultIndex, self.tracks[index].kind == kind, matches(self.tracks[index])
      {
        return index
      }
      let found = self.tracks.indices.first {
        self.tracks[$0].kind == kind && self.tracks[$0].translatedFrom == nil
          && matches(self.tracks[$0])
      }
      if let found { return found }
    }
    return nil
  }
}

/// A language code, so far as it matters here: in lower case, old spellings replaced.
struct LanguageTag: Hashable {
  /// `en` of `en-GB`.
  let language: String
  /// `gb` of `en-GB`; empty when there is none.
  let rest: String

  /// Old and new codes that mean the same; YouTube uses the left ones.
  private static let synonyms = [
    "iw": "he", "in": "id", "ji": "yi", "jw": "jv", "tl": "fil", "mo": "ro", "no": "nb",
  ]
  /// Chinese is written in two ways, and the country tells which.
  private static let scripts = [
    "cn": "hans", "sg": "hans", "tw": "hant", "hk": "hant", "mo": "hant",
  ]

  init(_ code: String) {
    let parts = code.lowercased().split(
      maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: { $0 == "-" || $0 == "_" })
    let language = parts.first.map(String.init) ?? ""
    let rest = parts.count > 1 ? String(parts[1]) : ""
    self.language = Self.synonyms[language] ?? language
    self.rest = self.language == "zh" ? Self.scripts[rest] ?? rest : rest
  }

  /// The same language in another form. The two scripts of Chinese are not.
  func isRelated(to other: LanguageTag) -> Bool {
    guard self.language == other.language, !self.language.isEmpty else { return false }
    if self.language == "zh", !self.rest.isEmpty, !other.rest.isEmpty {
      return self.rest.prefix(4) == other.rest.prefix(4)
    }
    return true
  }
}

extension CaptionKind {
  var phrase: String { self == .manual ? "manual" : "automatic" }
}

extension CaptionKindPreference {
  fileprivate var order: [CaptionKind] {
    switch self {
    case .manualFirst: [.manual, .automatic]
    case .automaticFirst: [.automatic, .manual]
    case .manualOnly: [.manual]
    case .automaticOnly: [.automatic]
    }
  }
}
