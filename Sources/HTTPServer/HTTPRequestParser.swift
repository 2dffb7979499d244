/// Turns received bytes into requests. Does no I/O; a struct, so a test is a list of calls.
///
///     head ─Content-Length─▶ body ─────────────────────┐
///      │ ▲                                             ▼
///      │ └──────────── request delivered ◀──────── complete
///      └─chunked─▶ chunkSize ─▶ chunkData ─▶ chunkEnd ─┤
///                      └─size 0─▶ trailers ────────────┘
///
/// Strict where leniency lets two parsers disagree about where a request ends (RFC 9112 §11.2): bare LF, folded
/// lines, spaces before a colon, `Content-Length` twice or beside `Transfer-Encoding` are all refused.
struct HTTPRequestParser {
  /// Why a request cannot be served; the connection is answered with `status` and closed.
  struct Failure: Error, Equatable {
    var status: Int
    var text: String

    init(_ status: Int, _ text: String) {
      self.status = status
      self.text = text
    }
  }

  enum Outcome {
    /// Everything was consumed that could be; feed more.
    case needsMore
    /// The client waits for `100 Continue` before it sends the body.
    case expectsContinue
    case request(HTTPRequest)
  }

  private enum State {
    case head
    case body(remaining: Int)
    case chunkSize
    case chunkData(remaining: Int)
    case chunkEnd
    case trailers(bytes: Int)
  }

  /// `2^31` in hex is eight digits; more would only be leading zeros or nonsense.
  private static let maxChunkSizeDigits = 8

  private let maxHeaderBytes: Int
  private let maxHeaderFields: Int
  private let maxBodyBytes: Int
  private var state = State.head
  private var request = HTTPRequest()
  /// Bytes of the head already searched for its end, so that a head in small pieces costs no more.
  private var searched = 0

  init(options: HTTPServerOptions) {
    self.maxHeaderBytes = options.maxHeaderBytes
    self.maxHeaderFields = options.maxHeaderFields
    self.maxBodyBytes = options.maxBodyBytes
  }

  /// True between requests: nothing of the next one has been consumed.
  var isBetweenRequests: Bool {
    if case .head = self.state { return true }
    return false
  }

  /// Consumes from the front of `bytes`; `consumed` says how much, also when it throws.
  mutating func next(
    _ bytes: UnsafeRawBufferPointer, consumed: inout Int
  ) throws(Failure) -> Outcome {
    consumed = 0
    while true {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[consumed...])
      switch self.state {
      case .head:
        guard let length = try self.headLength(rest) else {
          // Empty lines before a request are tolerated (RFC 9112 §2.2) and dropped here.
          return .needsMore
        }
        let head = UnsafeRawBufferPointer(rebasing: rest[..<length])
        consumed += length
        self.searched = 0
        if head.count == 2 { continue }
        try self.parseHead(head)
        if case .head = self.state { return .request(self.takeRequest()) }
        if try self.expectsContinue() { return .expectsContinue }
      case .body(let remaining):
        let count = min(remaining, rest.count)
        self.request.body.append(contentsOf: rest[..<count])
        consumed += count
        guard count == remaining else {
          self.state = .body(remaining: remaining - count)
          return .needsMore
        }
        return .request(self.takeRequest())
      case .chunkSize:
        guard let line = try Self.line(rest, max: self.maxHeaderBytes) else { return .needsMore }
        consumed += line.count + 2
        let size = try Self.chunkSize(line)
        guard size <= self.maxBodyBytes - self.request.body.count else { throw self.tooLarge() }
        self.state = size == 0 ? .trailers(bytes: 0) : .chunkData(remaining: size)
      case .chunkData(let remaining):
        let count = min(remaining, rest.count)
        self.request.body.append(contentsOf: rest[..<count])
        consumed += count
        guard count == remaining else {
          self.state = .chunkData(remaining: remaining - count)
          return .needsMore
        }
        self.state = .chunkEnd
      case .chunkEnd:
        guard rest.count >= 2 else { return .needsMore }
        guard rest[0] == 0x0d, rest[1] == 0x0a else {
          throw Failure(400, "a chunk does not end where its size says")
        }
        consumed += 2
        self.state = .chunkSize
      case .trailers(let bytes):
        guard let line = try Self.line(rest, max: self.maxHeaderBytes) else { return .needsMore }
        guard bytes + line.count + 2 <= self.maxHeaderBytes else {
          throw Failure(431, "the trailer fields are too large")
        }
        consumed += line.count + 2
        // Trailer fields are dropped: nothing here may depend on what comes after the body.
        if line.isEmpty { return .request(self.takeRequest()) }
        self.state = .trailers(bytes: bytes + line.count + 2)
      }
    }
  }

  private mutating func takeRequest() -> HTTPRequest {
    defer {
      self.request = HTTPRequest()
      self.state = .head
    }
    return self.request
  }

  // MARK: Head

  /// The length of the head with its empty line; 2 for an empty line before a request; nil while it is not complete.
  private mutating func headLength(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> Int? {
    if bytes.count >= 2, bytes[0] == 0x0d, bytes[1] == 0x0a { return 2 }
    var index = max(0, self.searched - 3)
    let end = min(bytes.count, self.maxHeaderBytes)
    while index + 3 < end {
      if bytes[index] == 0x0d, bytes[index + 1] == 0x0a, bytes[index + 2] == 0x0d,
        bytes[index + 3] == 0x0a
      {
        return index + 4
      }
      index += 1
    }
    guard bytes.count < self.maxHeaderBytes else {
      throw Failure(431, "request line and header fields exceed \(self.maxHeaderBytes) bytes")
    }
    self.searched = bytes.count
    return nil
  }

  private mutating func parseHead(_ head: UnsafeRawBufferPointer) throws(Failure) {
    var lines = LineReader(head)
    guard let requestLine = try lines.next() else { throw Failure(400, "no request line") }
    try self.parseRequestLine(requestLine)
    var fields: [HTTPHeaders.Field] = []
    while let line = try lines.next(), !line.isEmpty {
      guard fields.count < self.maxHeaderFields else {
        throw Failure(431, "more than \(self.maxHeaderFields) header fields")
      }
      fields.append(try Self.field(line))
    }
    self.request.headers = HTTPHeaders(fields)
    let hosts = self.request.headers.all("Host").count
    guard hosts == 1 || (hosts == 0 && !self.request.isHTTP11) else {
      throw Failure(400, "exactly one Host field is required")
    }
    try self.chooseBody()
  }

  private mutating func parseRequestLine(_ line: UnsafeRawBufferPointer) throws(Failure) {
    let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[0].isEmpty, parts[0].count <= 32, !parts[1].isEmpty,
      parts[0].allSatisfy(\.isTokenCharacter),
      parts[1].allSatisfy({ $0 > 0x20 && $0 < 0x7f })
    else { throw Failure(400, "malformed request line") }
    switch String(decoding: parts[2], as: UTF8.self) {
    case "HTTP/1.1": self.request.isHTTP11 = true
    case "HTTP/1.0": self.request.isHTTP11 = false
    case let version where version.hasPrefix("HTTP/"):
      throw Failure(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
    default: throw Failure(400, "malformed request line")
    }
    self.request.method = String(decoding: parts[0], as: UTF8.self)
    try self.setTarget(Substring(decoding: parts[1], as: UTF8.self))
  }

  /// Splits the four forms of a request target (RFC 9112 §3.2).
  private mutating func setTarget(_ target: Substring) throws(Failure) {
    var target = target
    if self.request.method == "CONNECT" {
      self.request.path = String(target)
      return
    }
    if let scheme = ["http://", "https://"].first(where: { target.hasPrefix($0) }) {
      let rest = target.dropFirst(scheme.count)
      target = rest.firstIndex(of: "/").map { rest[$0...] } ?? "/"
    }
    guard target.first == "/" || (target == "*" && self.request.method == "OPTIONS") else {
      throw Failure(400, "the request target must begin with /")
    }
    let path = target.prefix { $0 != "?" }
    self.request.path = String(path)
    self.request.query = String(target.dropFirst(path.count).dropFirst())
  }

  private static func field(_ line: UnsafeRawBufferPointer) throws(Failure) -> HTTPHeaders.Field {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
      line[..<colon].allSatisfy(\.isTokenCharacter)
    else { throw Failure(400, "malformed header field") }
    let value = line[(colon + 1)...].trimmingSpace()
    guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else {
      throw Failure(400, "control character in a header field")
    }
    return HTTPHeaders.Field(
      String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
  }

  // MARK: Body

  /// Decides how the body is framed; `.head` means that there is none.
  private mutating func chooseBody() throws(Failure) {
    let lengths = self.request.headers.all("Content-Length")
    let encodings = self.request.headers.all("Transfer-Encoding")
    if !encodings.isEmpty {
      guard lengths.isEmpty, self.request.isHTTP11 else {
        throw Failure(400, "Transfer-Encoding beside Content-Length or in HTTP/1.0")
      }
      guard encodings.count == 1, encodings[0].equalsIgnoringCase("chunked") else {
        throw Failure(501, "the only transfer coding understood is chunked")
      }
      self.state = .chunkSize
      return
    }
    guard let text = lengths.first else { return }
    guard lengths.count == 1, !text.isEmpty, text.utf8.count <= 18,
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(text)
    else { throw Failure(400, "Content-Length must be one decimal number") }
    guard length <= self.maxBodyBytes else { throw self.tooLarge() }
    if length > 0 { self.state = .body(remaining: length) }
  }

  private func expectsContinue() throws(Failure) -> Bool {
    guard let expectation = self.request.headers["Expect"], self.request.isHTTP11 else {
      return false
    }
    guard expectation.equalsIgnoringCase("100-continue") else {
      throw Failure(417, "the only expectation understood is 100-continue")
    }
    return true
  }

  private func tooLarge() -> Failure {
    Failure(413, "the body exceeds \(self.maxBodyBytes) bytes")
  }

  private static func chunkSize(_ line: UnsafeRawBufferPointer) throws(Failure) -> Int {
    let digits = line.prefix { $0.hexDigit != nil }
    let rest = line[digits.endIndex...].trimmingSpace()
    guard !digits.isEmpty, digits.count <= Self.maxChunkSizeDigits,
      rest.isEmpty || rest.first == UInt8(ascii: ";")
    else { throw Failure(400, "malformed chunk size") }
    return digits.reduce(0) { $0 << 4 | Int($1.hexDigit ?? 0) }
  }

  /// The bytes before the next CRLF; nil while it has not come.
  private static func line(
    _ bytes: UnsafeRawBufferPointer, max: Int
  ) throws(Failure) -> UnsafeRawBufferPointer? {
    guard let end = bytes.firstIndex(of: 0x0a) else {
      guard bytes.count <= max else { throw Failure(431, "a line exceeds \(max) bytes") }
      return nil
    }
    guard end > 0, bytes[end - 1] == 0x0d, end <= max else {
      throw Failure(400, "a line must end with CR LF")
    }
    return UnsafeRawBufferPointer(rebasing: bytes[..<(end - 1)])
  }

  /// Cuts a complete head into lines; every one must end with CRLF.
  private struct LineReader {
    private var rest: UnsafeRawBufferPointer

    init(_ head: UnsafeRawBufferPointer) { self.rest = head }

    mutating func next() throws(Failure) -> UnsafeRawBufferPointer? {
      guard let line = try HTTPRequestParser.line(self.rest, max: self.rest.count) else {
        return nil
      }
      self.rest = UnsafeRawBufferPointer(rebasing: self.rest[(line.count + 2)...])
      return line
    }
  }
}
