/// Reads json3 captions: `{"wireMagic":"pb3", …, "events":[{"tStartMs","dDurationMs","segs":[{"utf8"}]}]}`.
///
/// A pull parser of its own, because a transcript is the largest thing a fetcher reads and most of it is skipped:
/// no tree is built, and text is copied once. It checks the whole document all the same: a body that was cut
/// or damaged anywhere outside of a string is an error.
struct JSON3Parser {
  /// Nesting beyond this is refused; captions have five levels.
  private static let maxDepth = 32

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  /// The text of the event that is being read, as UTF-8.
  private var text: [UInt8] = []
  private var segments: [Segment] = []

  static func segments(of body: [UInt8]) throws(CaptionError) -> [Segment] {
    let result = body.withUnsafeBufferPointer { bytes -> Result<[Segment], CaptionError> in
      var parser = JSON3Parser(bytes: bytes)
      do throws(CaptionError) {
        try parser.document()
        return .success(parser.segments)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private init(bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
    self.text.reserveCapacity(512)
    self.segments.reserveCapacity(Swift.min(bytes.count / 400, CaptionParser.maxSegments))
  }

  // MARK: What the document means

  private mutating func document() throws(CaptionError) {
    if self.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { self.position = 3 }
    var hasEvents = false
    var isJSON3 = false
    try self.object { (parser, key) throws(CaptionError) in
      if parser.key(key, is: "events") {
        hasEvents = true
        try parser.array { (parser) throws(CaptionError) in try parser.event() }
      } else {
        if parser.key(key, is: "wireMagic") { isJSON3 = true }
        try parser.skipValue(depth: 1)
      }
    }
    guard self.next() == nil else { throw self.malformed("something follows the document") }
    guard hasEvents else {
      throw CaptionError(
        .malformed, "the body is JSON but \(isJSON3 ? "has no events" : "no caption track")")
    }
  }

  private mutating func event() throws(CaptionError) {
    var start: Int64 = 0
    var duration: Int64 = 0
    self.text.removeAll(keepingCapacity: true)
    try self.object { (parser, key) throws(CaptionError) in
      if parser.key(key, is: "tStartMs") {
        start = try parser.integer()
      } else if parser.key(key, is: "dDurationMs") {
        duration = try parser.integer()
      } else if parser.key(key, is: "segs") {
        try parser.array { (parser) throws(CaptionError) in
          try parser.object { (parser, key) throws(CaptionError) in
            if parser.key(key, is: "utf8") {
              try parser.string()
            } else {
              try parser.skipValue(depth: 5)
            }
          }
        }
      } else {
        try parser.skipValue(depth: 3)
      }
    }
    // Window set-up has no text, and the events that scroll a window have a line break.
    if self.text.isEmpty || (self.text.count == 1 && self.text[0] <= 0x20) { return }
    guard let text = String(validating: self.text, as: UTF8.self) else {
      throw self.malformed("text that is not UTF-8")
    }
    try self.segments.appendSpoken(start: start, duration: duration, text: text)
  }

  // MARK: JSON

  /// Reads an object; `member` must consume the value of each key it is called with.
  private mutating func object(
    _ member: (inout JSON3Parser, Range<Int>) throws(CaptionError) -> Void
  ) throws(CaptionError) {
    try self.expect(UInt8(ascii: "{"))
    if self.next() == UInt8(ascii: "}") {
      self.position += 1
      return
    }
    while true {
      guard self.next() == UInt8(ascii: "\"") else { throw self.unexpected() }
      let key = try self.skipString()
      try self.expect(UInt8(ascii: ":"))
      try member(&self, key)
      switch self.next() {
      case UInt8(ascii: ","): self.position += 1
      case UInt8(ascii: "}"):
        self.position += 1
        return
      default: throw self.unexpected()
      }
    }
  }

  /// Reads an array; `element` must consume each value.
  private mutating func array(
    _ element: (inout JSON3Parser) throws(CaptionError) -> Void
  ) throws(CaptionError) {
    try self.expect(UInt8(ascii: "["))
    if self.next() == UInt8(ascii: "]") {
      self.position += 1
      return
    }
    while true {
      try element(&self)
      switch self.next() {
      case UInt8(ascii: ","): self.position += 1
      case UInt8(ascii: "]"):
        self.position += 1
        return
      default: throw self.unexpected()
      }
    }
  }

  private mutating func skipValue(depth: Int) throws(CaptionError) {
    guard depth < Self.maxDepth else { throw self.malformed("nesting too deep") }
    switch self.next() {
    case UInt8(ascii: "\""): _ = try self.skipString()
    case UInt8(ascii: "{"):
      try self.object { (parser, _) throws(CaptionError) in try parser.skipValue(depth: depth + 1) }
    case UInt8(ascii: "["):
      try self.array { (parser) throws(CaptionError) in try parser.skipValue(depth: depth + 1) }
    case UInt8(ascii: "t"): try self.literal("true")
    case UInt8(ascii: "f"): try self.literal("false")
    case UInt8(ascii: "n"): try self.literal("null")
    default: _ = try self.number()
    }
  }

  /// The next byte that is not white space, not consumed; nil at the end.
  @inline(__always)
  private mutating func next() -> UInt8? {
    while self.position < self.bytes.count {
      let byte = self.bytes[self.position]
      if byte > 0x20 { return byte }
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
      self.position += 1
    }
    return nil
  }

  @inline(__always)
  private mutating func expect(_ byte: UInt8) throws(CaptionError) {
    guard self.next() == byte else { throw self.unexpected() }
    self.position += 1
  }

  private mutating func literal(_ text: StaticString) throws(CaptionError) {
    let end = self.position + text.utf8CodeUnitCount
    guard end <= self.bytes.count else { throw self.truncated() }
    for index in 0..<text.utf8CodeUnitCount
    where self.bytes[self.position + index] != text.utf8Start[index] {
      throw self.unexpected()
    }
    self.position = end
  }

  /// Skips a string and returns where its contents lie, escapes and all.
  @inline(__always)
  private mutating func skipString() throws(CaptionError) -> Range<Int> {
    self.position += 1
    let start = self.position
    while self.position < self.bytes.count {
      let byte = self.bytes[self.position]
      if byte == UInt8(ascii: "\"") {
        self.position += 1
        return start..<(self.position - 1)
      }
      if byte < 0x20 { throw self.malformed("a control character in a string") }
      self.position += byte == UInt8(ascii: "\\") ? 2 : 1
    }
    throw self.truncated()
  }

  @inline(__always)
  private func key(_ range: Range<Int>, is name: StaticString) -> Bool {
    guard range.count == name.utf8CodeUnitCount else { return false }
    for index in 0..<range.count
    where self.bytes[range.lowerBound + index] != name.utf8Start[index] {
      return false
    }
    return true
  }

  /// Reads a string onto the end of ``text``.
  private mutating func string() throws(CaptionError) {
    guard self.next() == UInt8(ascii: "\"") else { throw self.unexpected() }
    self.position += 1
    var start = self.position
    while self.position < self.bytes.count {
      let byte = self.bytes[self.position]
      if byte == UInt8(ascii: "\"") {
        self.copy(from: start)
        self.position += 1
        return
      }
      if byte < 0x20 { throw self.malformed("a control character in a string") }
      guard byte == UInt8(ascii: "\\") else {
        self.position += 1
        continue
      }
      self.copy(from: start)
      self.position += 1
      try self.escape()
      start = self.position
    }
    throw self.truncated()
  }

  @inline(__always)
  private mutating func copy(from start: Int) {
    guard start < self.position else { return }
    self.text.append(contentsOf: UnsafeBufferPointer(rebasing: self.bytes[start..<self.position]))
  }

  /// Reads what follows a backslash.
  private mutating func escape() throws(CaptionError) {
    guard self.position < self.bytes.count else { throw self.truncated() }
    let byte = self.bytes[self.position]
    self.position += 1
    switch byte {
    case UInt8(ascii: "n"): self.text.append(0x0A)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): self.text.append(byte)
    case UInt8(ascii: "t"): self.text.append(0x09)
    case UInt8(ascii: "r"): self.text.append(0x0D)
    case UInt8(ascii: "b"): self.text.append(0x08)
    case UInt8(ascii: "f"): self.text.append(0x0C)
    case UInt8(ascii: "u"):
      var code = try self.fourDigits()
      if code & 0xFC00 == 0xD800, self.position + 1 < self.bytes.count,
        self.bytes[self.position] == UInt8(ascii: "\\"),
        self.bytes[self.position + 1] == UInt8(ascii: "u")
      {
        let mark = self.position
        self.position += 2
        let low = try self.fourDigits()
        if low & 0xFC00 == 0xDC00 {
          code = 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF)
        } else {
          self.position = mark
        }
      }
      // Half of a pair alone is no character; it stands for one all the same.
      let scalar = Unicode.Scalar(code) ?? "\u{FFFD}"
      self.text.append(contentsOf: String(Character(scalar)).utf8)
    default: throw self.malformed("an unknown escape in a string")
    }
  }

  private mutating func fourDigits() throws(CaptionError) -> UInt32 {
    guard self.position + 4 <= self.bytes.count else { throw self.truncated() }
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = self.bytes[self.position].hexDigit else {
        throw self.malformed("an unknown escape in a string")
      }
      code = code << 4 | UInt32(digit)
      self.position += 1
    }
    return code
  }

  /// Reads a number; a fraction is cut off, and what does not fit is an error.
  private mutating func integer() throws(CaptionError) -> Int64 {
    guard let value = try self.number() else { throw self.malformed("a time that is out of range") }
    return value
  }

  /// Skips a number and returns its whole part; nil when that does not fit.
  private mutating func number() throws(CaptionError) -> Int64? {
    guard let first = self.next() else { throw self.truncated() }
    let isNegative = first == UInt8(ascii: "-")
    if isNegative { self.position += 1 }
    var value: Int64? = 0
    let digits = self.position
    while let digit = self.digit() {
      let (product, overflow) = (value ?? 0).multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int64(digit))
      value = overflow || carry || value == nil ? nil : sum
      self.position += 1
    }
    guard self.position > digits else { throw self.unexpected() }
    if self.position < self.bytes.count, self.bytes[self.position] == UInt8(ascii: ".") {
      self.position += 1
      let fraction = self.position
      while self.digit() != nil { self.position += 1 }
      guard self.position > fraction else { throw self.unexpected() }
    }
    if self.position < self.bytes.count, self.bytes[self.position] | 0x20 == UInt8(ascii: "e") {
      // No writer of captions uses exponents; as a time such a number is refused.
      value = nil
      self.position += 1
      if self.position < self.bytes.count,
        self.bytes[self.position] == UInt8(ascii: "+")
          || self.bytes[self.position] == UInt8(ascii: "-")
      {
        self.position += 1
      }
      let exponent = self.position
      while self.digit() != nil { self.position += 1 }
      guard self.position > exponent else { throw self.unexpected() }
    }
    return isNegative ? value.map { -$0 } : value
  }

  @inline(__always)
  private func digit() -> UInt8? {
    guard self.position < self.bytes.count else { return nil }
    let digit = self.bytes[self.position] &- UInt8(ascii: "0")
    return digit < 10 ? digit : nil
  }

  // MARK: Errors

  private func unexpected() -> CaptionError {
    self.position >= self.bytes.count ? self.truncated() : self.malformed("unexpected character")
  }

  private func truncated() -> CaptionError {
    CaptionError(.truncated, "the caption track ends too early, after \(self.bytes.count) bytes")
  }

  private func malformed(_ what: String) -> CaptionError {
    CaptionError(.malformed, "\(what) at byte \(self.position) of the caption track")
  }
}
