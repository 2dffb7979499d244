/// Checks a text and writes its tape, in one pass and without recursion.
///
/// The text is copied to memory with zeros behind it, so that a byte may be looked at before it is known whether the
/// text goes on: a zero is an error everywhere. Open containers are a list through the tape's `next` fields.
struct JSONParser: ~Copyable {
  /// Zeros behind the text, as many as the widest load.
  static let padding = 16
  static let maxBytes = Int(UInt32.max) - padding
  /// `open` while no container is open.
  private static let none = UInt32.max

  private let text: UnsafeMutablePointer<UInt8>
  private let end: UnsafeMutablePointer<UInt8>
  private let limits: JSONLimits
  private let maxNodes: Int
  private var nodes: UnsafeMutablePointer<JSONNode>
  private var capacity: Int
  private var count = 0
  private var p: UnsafeMutablePointer<UInt8>
  private var open = Self.none
  private var depth = 0

  init(_ bytes: UnsafeRawBufferPointer, _ limits: JSONLimits) throws(JSONError) {
    guard bytes.count <= limits.maxBytes, bytes.count <= Self.maxBytes else {
      let limit = min(limits.maxBytes, Self.maxBytes)
      throw JSONError(
        .tooLarge, at: limit, "the text has \(bytes.count) bytes and may have \(limit) (maxBytes)")
    }
    self.limits = limits
    self.maxNodes = min(limits.maxNodes, JSONNode.maxCount)
    self.text = .allocate(capacity: bytes.count + Self.padding)
    self.end = self.text + bytes.count
    self.end.initialize(repeating: 0, count: Self.padding)
    if let base = bytes.baseAddress {
      UnsafeMutableRawPointer(self.text).copyMemory(from: base, byteCount: bytes.count)
    }
    // Texts of web services have a node in 6 (compact) to 16 (indented) bytes.
    self.capacity = min(max(16, bytes.count / 8), max(0, self.maxNodes))
    self.nodes = .allocate(capacity: self.capacity)
    self.p = self.text
  }

  deinit {
    self.text.deallocate()
    self.nodes.deallocate()
  }

  /// Hands text and tape over, once `parse` has returned.
  consuming func finish() -> JSONStorage {
    let storage = JSONStorage(
      text: self.text, textCount: self.end - self.text, nodes: self.nodes, nodeCount: self.count)
    discard self
    return storage
  }

  mutating func parse() throws(JSONError) {
    do {
      _ = try UTF8Span(
        validating: UnsafeBufferPointer(start: self.text, count: self.end - self.text).span)
    } catch {
      throw JSONError(
        .invalidUTF8, at: error.byteOffsets.lowerBound, "the bytes are not UTF-8 (\(error.kind))")
    }
    self.skipSpace()
    while true {
      if try self.value() { continue }
      // A value has ended: close what ends with it, up to the next comma.
      while true {
        self.skipSpace()
        guard self.open != Self.none else {
          guard self.p == self.end else { throw self.unexpected("the end of the text") }
          return
        }
        let container = self.nodes + Int(self.open)
        container.pointee.meta &+= JSONNode.oneElement
        let isObject = container.pointee.kind == .object
        if self.p.pointee == UInt8(ascii: ",") {
          self.p += 1
          self.skipSpace()
          if isObject { try self.name() }
          break
        }
        guard self.p.pointee == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
          throw self.unexpected(isObject ? "',' or '}'" : "',' or ']'")
        }
        self.close()
      }
    }
  }

  /// Reads one value; true where it is a container whose first element or value comes next.
  @inline(__always)
  private mutating func value() throws(JSONError) -> Bool {
    switch self.p.pointee {
    case UInt8(ascii: "\""): try self.string()
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): try self.number()
    case UInt8(ascii: "{"):
      try self.begin(.object)
      if self.p.pointee != UInt8(ascii: "}") {
        try self.name()
        return true
      }
      self.close()
    case UInt8(ascii: "["):
      try self.begin(.array)
      if self.p.pointee != UInt8(ascii: "]") { return true }
      self.close()
    case UInt8(ascii: "t"): try self.word("true", .true)
    case UInt8(ascii: "f"): try self.word("false", .false)
    case UInt8(ascii: "n"): try self.word("null", .null)
    default: throw self.unexpected("a value")
    }
    return false
  }

  // MARK: Containers

  private mutating func begin(_ kind: JSONNode.Kind) throws(JSONError) {
    guard self.depth < self.limits.maxDepth else {
      throw self.error(.tooDeep, "more than \(self.limits.maxDepth) levels (maxDepth)")
    }
    self.depth += 1
    let index = self.count
    try self.append(
      JSONNode(kind, offset: self.p - self.text, length: 0, next: Int(self.open)))
    self.open = UInt32(truncatingIfNeeded: index)
    self.p += 1
    self.skipSpace()
  }

  /// Closes the innermost container, whose last byte is at `p`.
  private mutating func close() {
    self.p += 1
    self.depth -= 1
    let container = self.nodes + Int(self.open)
    self.open = container.pointee.next
    container.pointee.next = UInt32(truncatingIfNeeded: self.count)
    container.pointee.length =
      UInt32(truncatingIfNeeded: self.p - self.text) - container.pointee.offset
  }

  /// A member's name and the colon, up to its value.
  @inline(__always)
  private mutating func name() throws(JSONError) {
    guard self.p.pointee == UInt8(ascii: "\"") else { throw self.unexpected("a member's name") }
    try self.string()
    self.skipSpace()
    guard self.p.pointee == UInt8(ascii: ":") else { throw self.unexpected("':'") }
    self.p += 1
    self.skipSpace()
  }

  // MARK: Scalars

  private mutating func word(_ word: StaticString, _ kind: JSONNode.Kind) throws(JSONError) {
    let length = word.utf8CodeUnitCount
    for i in 0..<length where self.p[i] != word.utf8Start[i] {
      self.p += i
      throw self.unexpected("'\(word)'")
    }
    try self.append(
      JSONNode(kind, offset: self.p - self.text, length: length, next: self.count + 1))
    self.p += length
  }

  private mutating func number() throws(JSONError) {
    let start = self.p
    var isInteger = true
    if self.p.pointee == UInt8(ascii: "-") { self.p += 1 }
    if self.p.pointee == UInt8(ascii: "0") {
      self.p += 1
      if self.isDigit { throw self.unexpected("no digit after a leading zero") }
    } else {
      try self.digits()
    }
    if self.p.pointee == UInt8(ascii: ".") {
      isInteger = false
      self.p += 1
      try self.digits()
    }
    if self.p.pointee | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      self.p += 1
      if self.p.pointee == UInt8(ascii: "-") || self.p.pointee == UInt8(ascii: "+") { self.p += 1 }
      try self.digits()
    }
    let length = self.p - start
    guard length <= self.limits.maxNumberBytes else {
      throw JSONError(
        .numberTooLong, at: start - self.text,
        "a number has \(length) bytes and may have \(self.limits.maxNumberBytes) (maxNumberBytes)")
    }
    try self.append(
      JSONNode(
        .number, flag: !isInteger, offset: start - self.text, length: length, next: self.count + 1))
  }

  private var isDigit: Bool {
    @inline(__always) get { self.p.pointee &- UInt8(ascii: "0") < 10 }
  }

  @inline(__always)
  private mutating func digits() throws(JSONError) {
    guard self.isDigit else { throw self.unexpected("a digit") }
    repeat { self.p += 1 } while self.isDigit
  }

  /// A value or a name; `p` is at the quote that opens it.
  @inline(__always)
  private mutating func string() throws(JSONError) {
    self.p += 1
    let start = self.p
    var hasEscapes = false
    while true {
      self.p += Self.plainBytes(UnsafeRawPointer(self.p))
      switch self.p.pointee {
      case UInt8(ascii: "\""):
        try self.append(
          JSONNode(
            .string, flag: hasEscapes, offset: start - self.text, length: self.p - start,
            next: self.count + 1))
        self.p += 1
        return
      case UInt8(ascii: "\\"):
        hasEscapes = true
        try self.escape()
      case 0..<0x20:
        throw self.unexpected("'\"', or an escape instead of a control character,")
      default: break  // Eight bytes without an end.
      }
    }
  }

  /// How many of the next eight bytes come before a quote, a backslash or a control character.
  @inline(__always)
  private static func plainBytes(_ p: UnsafeRawPointer) -> Int {
    let word = UInt64(littleEndian: p.loadUnaligned(as: UInt64.self))
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quotes = word ^ (ones &* 0x22)
    let backslashes = word ^ (ones &* 0x5c)
    // The high bit of each byte that is zero (below 0x20), exact up to the first such byte.
    let found =
      ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
      | ((word &- (ones &* 0x20)) & ~word)
    return (found & (ones &* 0x80)).trailingZeroBitCount >> 3
  }

  /// Checks an escape; `p` is at its backslash.
  private mutating func escape() throws(JSONError) {
    switch self.p[1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      self.p += 2
    case UInt8(ascii: "u"):
      let start = self.p
      let code = try self.hexadecimal()
      guard code & 0xf800 == 0xd800 else { return }
      if code < 0xdc00, self.p[0] == UInt8(ascii: "\\"), self.p[1] == UInt8(ascii: "u") {
        let second = self.p
        if try self.hexadecimal() & 0xfc00 == 0xdc00 { return }
        self.p = second
      }
      if self.limits.loneSurrogates == .reject {
        throw JSONError(
          .loneSurrogate, at: start - self.text, "half a surrogate pair (loneSurrogates)")
      }
    default:
      self.p += 1
      throw self.unexpected("an escape")
    }
  }

  /// The value of `\uXXXX` at `p`.
  private mutating func hexadecimal() throws(JSONError) -> UInt32 {
    self.p += 2
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = JSONEscapes.hexadecimal(self.p.pointee) else {
        throw self.unexpected("a hexadecimal digit")
      }
      value = value << 4 | digit
      self.p += 1
    }
    return value
  }

  // MARK: Steps

  @inline(__always)
  private mutating func skipSpace() {
    // Compact texts have none, indented ones a line feed and many spaces.
    if self.p.pointee > 0x20 { return }
    while true {
      switch self.p.pointee {
      case 0x20, 0x0a, 0x0d, 0x09: self.p += 1
      default: return
      }
    }
  }

  @inline(__always)
  private mutating func append(_ node: JSONNode) throws(JSONError) {
    if self.count == self.capacity { try self.grow() }
    (self.nodes + self.count).initialize(to: node)
    self.count += 1
  }

  @inline(never)
  private mutating func grow() throws(JSONError) {
    guard self.count < self.maxNodes else {
      throw self.error(.tooManyNodes, "more than \(self.maxNodes) values (maxNodes)")
    }
    let capacity = min(self.capacity * 2, self.maxNodes)
    let larger = UnsafeMutablePointer<JSONNode>.allocate(capacity: capacity)
    larger.moveInitialize(from: self.nodes, count: self.count)
    self.nodes.deallocate()
    self.nodes = larger
    self.capacity = capacity
  }

  @inline(never)
  private func unexpected(_ expected: String) -> JSONError {
    if self.p >= self.end {
      return self.error(.unexpectedEnd, "the text ends instead of \(expected)")
    }
    return self.error(.syntax, "expected \(expected)")
  }

  @inline(never)
  private func error(_ code: JSONError.Code, _ message: String) -> JSONError {
    JSONError(code, at: min(self.p, self.end) - self.text, message)
  }
}
