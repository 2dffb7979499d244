/// Finds JSON values that follow one another, in text that comes in pieces.
///
/// It looks at brackets and quotes only: what is wrong with a value is said by who parses it.
struct JSONSplitter {
  private var bytes: [UInt8] = []
  /// Where the value begins that is being looked at.
  private var start: Int?
  private var position = 0
  private var depth = 0
  private var isInString = false
  private var isEscaped = false

  /// Bytes that are waiting for more.
  var waitingBytes: Int { self.bytes.count - (self.start ?? self.position) }

  mutating func append(_ more: [UInt8]) {
    // What was given out is dropped here and not value by value, which would move the rest each time.
    let done = self.start ?? self.position
    self.bytes.removeFirst(done)
    self.position -= done
    if self.start != nil { self.start = 0 }
    self.bytes += more
  }

  /// The next whole value; nil: more text is needed.
  mutating func next() -> [UInt8]? {
    while self.position < self.bytes.count {
      let byte = self.bytes[self.position]
      if self.isInString {
        self.position += 1
        if self.isEscaped {
          self.isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          self.isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          self.isInString = false
          if self.depth == 0 { return self.take() }
        }
        continue
      }
      // A number or a word ends where anything else begins.
      if self.depth == 0, self.start != nil, Self.endsWord(byte) { return self.take() }
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        self.position += 1
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): self.depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): self.depth -= 1
      case UInt8(ascii: "\""): self.isInString = true
      default: break
      }
      if self.start == nil { self.start = self.position }
      self.position += 1
      let isClosing = byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
      if isClosing, self.depth <= 0 { return self.take() }
    }
    return nil
  }

  /// What is left when no more text comes: a number, a word, or the beginning of a value. Nil: nothing.
  mutating func finish() -> [UInt8]? { self.start == nil ? nil : self.take() }

  private mutating func take() -> [UInt8] {
    let value = Array(self.bytes[(self.start ?? self.position)..<self.position])
    self.start = nil
    self.depth = 0
    self.isInString = false
    self.isEscaped = false
    return value
  }

  private static func endsWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"),
      UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""):
      true
    default: false
    }
  }
}
