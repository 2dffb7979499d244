internal import Pipeline
internal import Transcripts

// How values of the core are written in Redis.

extension LanguagePreference {
  /// Language codes in one preference.
  static let maxLanguageCodes = 32
  /// Bytes of a code; BCP 47 asks for 35 (RFC 5646 §4.4.1).
  static let maxLanguageCodeBytes = 35

  /// Empty for the default; else the codes, comma-separated, `+` when any other will do and `!` when not, and, unless they
  /// are the default, the kinds, `*` for all tracks and `>` with a language to translate to: `en,de+automatic-only*>fr`.
  func queueText() throws(QueueError) -> String {
    guard self != LanguagePreference() else { return "" }
    guard self.languageCodes.count <= Self.maxLanguageCodes else {
      throw QueueError(
        .invalidArgument,
        "\(self.languageCodes.count) languages are too many: give at most \(Self.maxLanguageCodes)."
      )
    }
    for code in self.languageCodes + [self.translateTo].compactMap(\.self) {
      guard (1...Self.maxLanguageCodeBytes).contains(code.utf8.count),
        code.utf8.allSatisfy({ Self.isCodeCharacter($0) })
      else {
        throw QueueError(
          .invalidArgument,
          "\"\(code.prefix(40))\" is not a language code: give codes such as en or pt-BR.")
      }
    }
    let kinds = self.kinds == LanguagePreference().kinds ? "" : self.kinds.rawValue
    return self.languageCodes.joined(separator: ",") + (self.anyLanguage ? "+" : "!") + kinds
      + (self.allTracks ? "*" : "") + (self.translateTo.map { ">\($0)" } ?? "")
  }

  /// Reads what ``queueText()`` wrote.
  init(queueText text: some StringProtocol) {
    guard let mark = text.firstIndex(where: { $0 == "+" || $0 == "!" }) else {
      self.init()
      return
    }
    self.init(
      languageCodes: text[..<mark].split(separator: ",").map { String($0) },
      anyLanguage: text[mark] == "+")
    let rest = text[text.index(after: mark)...]
    if let kinds = CaptionKindPreference(
      rawValue: String(rest.prefix { $0 != "*" && $0 != ">" }))
    {
      self.kinds = kinds
    }
    let target = rest.firstIndex(of: ">")
    self.allTracks = rest[..<(target ?? rest.endIndex)].contains("*")
    self.translateTo = target.map { String(rest[rest.index(after: $0)...]) }
  }

  private static func isCodeCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}

extension TrackChoice {
  /// Each track's code, `m` or `a` for its kind and what it is translated from, then the reason:
  /// `en m;de-t-en m en`, newline, `en asked for, manual track`.
  var queueText: String {
    let tracks = self.tracks.map { track in
      "\(track.languageCode) \(track.kind == .manual ? "m" : "a")"
        + (track.translatedFrom.map { " \($0)" } ?? "")
    }
    return ErrorText.cut(tracks.joined(separator: ";")) + "\n" + ErrorText.cut(self.reason)
  }

  /// Reads what ``queueText`` wrote; of very many tracks only the first were kept.
  init(queueText text: some StringProtocol) {
    let parts = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    let tracks = parts[0].split(separator: ";").compactMap { part -> Track? in
      let words = part.split(separator: " ")
      guard (2...3).contains(words.count), words[1] == "m" || words[1] == "a" else { return nil }
      return Track(
        languageCode: String(words[0]), kind: words[1] == "m" ? .manual : .automatic,
        translatedFrom: words.count == 3 ? String(words[2]) : nil)
    }
    self.init(tracks: tracks, reason: parts.count == 2 ? String(parts[1]) : "")
  }
}

extension FetchError.Consequence {
  var queueText: String {
    switch self {
    case .permanent: "permanent"
    case .retry: "retry"
    case .waitForIdentity: "wait"
    }
  }
}

extension Duration {
  /// Whole milliseconds, rounded up; never negative.
  var wholeMilliseconds: Int {
    let (seconds, attoseconds) = self.components
    return max(
      0, Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
  }
}

/// An error in the words that records keep.
enum ErrorText {
  /// Bytes of a message; the rest is cut.
  static let maxMessageBytes = 500

  static func cut(_ message: String) -> String {
    guard message.utf8.count > Self.maxMessageBytes else { return message }
    // Cut inside a character: the decoder repairs it.
    return String(decoding: message.utf8.prefix(Self.maxMessageBytes), as: UTF8.self) + "…"
  }
}
