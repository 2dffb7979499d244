/// Reads the two XML forms of captions, srv1 and srv3, with a reader that knows just what they use.
enum TimedTextXML {
  /// `<transcript><text start="1.54" dur="4.16">…</text></transcript>`: decimal seconds.
  ///
  /// The text is escaped for HTML and then again for XML, so `&amp;#39;` is an apostrophe and `&lt;i&gt;` a tag.
  static func srv1Segments(of body: [UInt8]) throws(CaptionError) -> [Segment] {
    var reader = try XMLReader(body, root: "transcript")
    var segments: [Segment] = []
    while let element = try reader.nextElement() {
      guard element.name == "text", !element.isEmpty else { continue }
      let text = try reader.text(until: "text")
      guard let start = Self.milliseconds(seconds: element["start"]) else {
        throw CaptionError(.malformed, "a caption of the srv1 track has no start")
      }
      let duration = Self.milliseconds(seconds: element["dur"]) ?? 0
      let decoded = Entities.withoutTags(Entities.decode(Entities.decode(text)))
      try segments.appendSpoken(start: start, duration: duration, text: decoded)
    }
    return segments
  }

  /// `<timedtext format="3"><body><p t="320" d="14260"><s t="5">…</s></p></body></timedtext>`: milliseconds.
  static func srv3Segments(of body: [UInt8]) throws(CaptionError) -> [Segment] {
    var reader = try XMLReader(body, root: "timedtext")
    var segments: [Segment] = []
    while let element = try reader.nextElement() {
      guard element.name == "p", !element.isEmpty else { continue }
      let text = try reader.text(until: "p")
      guard let start = element["t"].flatMap(Int64.init) else {
        throw CaptionError(.malformed, "a caption of the srv3 track has no time")
      }
      let duration = element["d"].flatMap { Int64($0) } ?? 0
      try segments.appendSpoken(start: start, duration: duration, text: Entities.decode(text))
    }
    return segments
  }

  /// `3.239` is 3239. Nil when it is no decimal number.
  static func milliseconds(seconds text: String?) -> Int64? {
    guard let text, let seconds = Double(text), seconds.isFinite, abs(seconds) < 1e9 else {
      return nil
    }
    return Int64((seconds * 1000).rounded())
  }
}

/// Walks through the elements of a document in order. Checks that tags are closed in the order they were opened.
struct XMLReader {
  struct Element {
    var name: String
    var attributes: [(name: String, value: String)] = []
    /// `<name/>`.
    var isEmpty = false

    subscript(name: String) -> String? { self.attributes.first { $0.name == name }?.value }
  }

  /// Nesting beyond this is refused; captions have four levels.
  private static let maxDepth = 32
  private static let maxAttributes = 64

  private let text: String.UTF8View
  private var position: String.UTF8View.Index
  private var open: [String] = []

  init(_ body: [UInt8], root: String) throws(CaptionError) {
    guard let text = String(validating: body, as: UTF8.self) else {
      throw CaptionError(.malformed, "the caption track is not UTF-8")
    }
    self.text = text.utf8
    self.position = self.text.startIndex
    guard let first = try self.nextElement(), first.name == root else {
      throw CaptionError(.malformed, "the caption track is not a <\(root)> document")
    }
  }

  /// The next start tag anywhere; nil when the root element was closed and nothing follows.
  mutating func nextElement() throws(CaptionError) -> Element? {
    while true {
      try self.skip(until: UInt8(ascii: "<"), mayEnd: self.open.isEmpty)
      guard self.position < self.text.endIndex else { return nil }
      if let element = try self.tag() { return element }
    }
  }

  /// The text up to the end of the element that was returned last, tags inside it dropped, entities still in it.
  mutating func text(until name: String) throws(CaptionError) -> String {
    let depth = self.open.count
    var result = ""
    while true {
      let start = self.position
      try self.skip(until: UInt8(ascii: "<"), mayEnd: false)
      result += Substring(self.text[start..<self.position])
      _ = try self.tag()
      if self.open.count < depth { return result }
    }
  }

  /// Reads one tag at a `<`; nil for an end tag, a comment, a declaration.
  private mutating func tag() throws(CaptionError) -> Element? {
    let rest = self.text[self.position...]
    if rest.starts(with: "<!--".utf8) {
      try self.skip(past: "-->")
      return nil
    }
    if rest.starts(with: "<?".utf8) || rest.starts(with: "<!".utf8) {
      try self.skip(past: ">")
      return nil
    }
    self.advance()
    if self.peek == UInt8(ascii: "/") {
      self.advance()
      let name = try self.name()
      try self.skipSpace()
      guard self.peek == UInt8(ascii: ">"), self.open.last == name else {
        throw self.broken("an end tag that was not opened")
      }
      self.advance()
      self.open.removeLast()
      return nil
    }
    return try self.startTag()
  }

  private mutating func startTag() throws(CaptionError) -> Element {
    var element = Element(name: try self.name())
    while true {
      try self.skipSpace()
      switch self.peek {
      case UInt8(ascii: ">"):
        self.advance()
        guard self.open.count < Self.maxDepth else { throw self.broken("nesting too deep") }
        self.open.append(element.name)
        return element
      case UInt8(ascii: "/"):
        self.advance()
        guard self.peek == UInt8(ascii: ">") else { throw self.broken("a tag that is not closed") }
        self.advance()
        element.isEmpty = true
        return element
      default:
        guard element.attributes.count < Self.maxAttributes else {
          throw self.broken("too many attributes")
        }
        element.attributes.append(try self.attribute())
      }
    }
  }

  private mutating func attribute() throws(CaptionError) -> (name: String, value: String) {
    let name = try self.name()
    try self.skipSpace()
    guard self.peek == UInt8(ascii: "=") else { throw self.broken("an attribute without a value") }
    self.advance()
    try self.skipSpace()
    guard let quote = self.peek, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
      throw self.broken("an attribute without quotes")
    }
    self.advance()
    let start = self.position
    try self.skip(until: quote, mayEnd: false)
    let value = String(Substring(self.text[start..<self.position]))
    self.advance()
    return (name, value)
  }

  private mutating func name() throws(CaptionError) -> String {
    let start = self.position
    while let byte = self.peek, byte.isXMLNameCharacter { self.advance() }
    guard start < self.position else { throw self.broken("a tag without a name") }
    return String(Substring(self.text[start..<self.position]))
  }

  private var peek: UInt8? {
    self.position < self.text.endIndex ? self.text[self.position] : nil
  }

  private mutating func advance() { self.text.formIndex(after: &self.position) }

  private mutating func skipSpace() throws(CaptionError) {
    while let byte = self.peek, byte <= 0x20 { self.advance() }
    guard self.position < self.text.endIndex else { throw Self.truncated }
  }

  private mutating func skip(until byte: UInt8, mayEnd: Bool) throws(CaptionError) {
    let rest = self.text[self.position...]
    guard let found = rest.firstIndex(of: byte) else {
      guard mayEnd, rest.allSatisfy({ $0 <= 0x20 }) else { throw Self.truncated }
      self.position = self.text.endIndex
      return
    }
    self.position = found
  }

  private mutating func skip(past end: String) throws(CaptionError) {
    let end = Array(end.utf8)
    while self.position < self.text.endIndex {
      if self.text[self.position...].starts(with: end) {
        self.text.formIndex(&self.position, offsetBy: end.count)
        return
      }
      self.advance()
    }
    throw Self.truncated
  }

  private static let truncated = CaptionError(.truncated, "the caption track ends too early")

  private func broken(_ what: String) -> CaptionError {
    self.position >= self.text.endIndex
      ? Self.truncated : CaptionError(.malformed, "\(what) in the caption track")
  }
}

extension UInt8 {
  fileprivate var isXMLNameCharacter: Bool {
    self.isIdentifierCharacter || self == UInt8(ascii: ":") || self == UInt8(ascii: ".")
  }
}
