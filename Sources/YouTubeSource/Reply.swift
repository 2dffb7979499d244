internal import JSON
internal import Transcripts

/// Reading answers of YouTube.
enum Reply {
  /// - Throws: ``FetchError`` (`malformed`) when the body is not a whole JSON document.
  static func document(_ body: [UInt8], what: String) throws(FetchError) -> JSONDocument {
    do throws(JSONError) {
      return try JSONDocument(parsing: body, limits: JSONPlace.limits)
    } catch {
      if let page = WebPage.kind(of: body) { throw page.error }
      throw FetchError(.malformed, "\(what) is not the JSON that was expected: \(error)")
    }
  }
}

/// A page of HTML with JSON inside, or one that came in place of an answer.
struct WebPage {
  /// Pages that say something by themselves.
  enum Kind {
    case consent
    case captcha
    case other

    var error: FetchError {
      switch self {
      case .captcha:
        FetchError(.blocked, "YouTube shows a captcha: too many requests came from this address")
      case .consent:
        FetchError(
          .misconfigured,
          "YouTube asks for consent to cookies; use another egress address or report this")
      case .other: FetchError(.malformed, "YouTube sent a web page in place of an answer")
      }
    }
  }

  private let body: [UInt8]

  init(_ body: [UInt8]) { self.body = body }

  /// What kind of page `body` is; nil when it is no page at all.
  static func kind(of body: [UInt8]) -> Kind? {
    let start = body.prefix(256).drop { $0 <= 0x20 || $0 >= 0x80 }
    let text = String(decoding: start, as: UTF8.self).lowercased()
    guard text.hasPrefix("<!doctype html") || text.hasPrefix("<html") else { return nil }
    if body.contains("class=\"g-recaptcha\"") || body.contains("/sorry/index") { return .captcha }
    if body.contains("action=\"https://consent.youtube.com/s\"") { return .consent }
    return .other
  }

  /// The JSON object that is assigned to `name` in a script.
  func object(after name: String) throws(FetchError) -> [UInt8] {
    var from = 0
    while let found = self.body.firstIndex(of: name, from: from) {
      var position = found + name.utf8.count
      from = position
      // `var name = {`, `window["name"] = {`.
      while position < self.body.count, [0x20, 0x22, 0x5D, 0x3D].contains(self.body[position]) {
        position += 1
      }
      guard position < self.body.count, self.body[position] == UInt8(ascii: "{") else { continue }
      guard let end = self.endOfObject(from: position) else {
        throw FetchError(.malformed, "the web page ends inside of its data")
      }
      return Array(self.body[position..<end])
    }
    if let kind = Self.kind(of: self.body) { throw kind.error }
    throw FetchError(.malformed, "the web page has no \(name)")
  }

  /// Counts braces outside of strings.
  private func endOfObject(from start: Int) -> Int? {
    var depth = 0
    var isInString = false
    var position = start
    while position < self.body.count {
      let byte = self.body[position]
      position += 1
      if isInString {
        if byte == UInt8(ascii: "\\") { position += 1 }
        if byte == UInt8(ascii: "\"") { isInString = false }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isInString = true
      case UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "}"):
        depth -= 1
        if depth == 0 { return position }
      default: break
      }
    }
    return nil
  }
}

extension [UInt8] {
  fileprivate func contains(_ text: String) -> Bool { self.firstIndex(of: text, from: 0) != nil }

  fileprivate func firstIndex(of text: String, from start: Int) -> Int? {
    let pattern = Array(text.utf8)
    guard let first = pattern.first, self.count >= pattern.count else { return nil }
    return self.withUnsafeBufferPointer { bytes in
      var position = start
      while position <= bytes.count - pattern.count {
        if bytes[position] == first,
          UnsafeBufferPointer(rebasing: bytes[position..<(position + pattern.count)])
            .elementsEqual(pattern)
        {
          return position
        }
        position += 1
      }
      return nil
    }
  }
}
