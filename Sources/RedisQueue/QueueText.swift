internal import Pipeline
internal import Transcripts

// How values of the core are written in Redis.

extension SourceID {
  /// Reads what ``SourceID/text`` wrote.
  init(queueText text: String) {
    if text.hasPrefix("video:"), let video = VideoID(text.dropFirst("video:".count)) {
      self = .video(video)
    } else if text.hasPrefix("@") || text.hasPrefix("c/") || text.hasPrefix("user/") {
      self = .channelName(text)
    } else if text.hasPrefix("UC") {
      self = .channel(text)
    } else {
      self = .playlist(text)
    }
  }
}

extension LanguagePreference {
  /// Language codes in one preference.
  static let maxLanguageCodes = 32
  /// Bytes of a code; BCP 47 asks for 35 (RFC 5646 §4.4.1).
  static let maxLanguageCodeBytes = 35

  /// Empty for the default; else the codes, comma-separated, and `+` when any other will do.
  func queueText() throws(QueueError) -> String {
    guard self != LanguagePreference() else { return "" }
    guard self.languageCodes.count <= Self.maxLanguageCodes else {
      throw QueueError(
        .invalidArgument,
        "\(self.languageCodes.count) languages are too many: give at most \(Self.maxLanguageCodes)."
      )
    }
    for code in self.languageCodes {
      guard (1...Self.maxLanguageCodeBytes).contains(code.utf8.count),
        code.utf8.allSatisfy({ Self.isCodeCharacter($0) })
      else {
        throw QueueError(
          .invalidArgument,
          "\"\(code.prefix(40))\" is not a language code: give codes such as en or pt-BR.")
      }
    }
    return self.languageCodes.joined(separator: ",") + (self.anyLanguage ? "+" : "!")
  }

  init(queueText text: String) {
    guard let last = text.last else {
      self.init()
      return
    }
    self.init(
      languageCodes: text.dropLast().split(separator: ",").map(String.init),
      anyLanguage: last == "+")
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
