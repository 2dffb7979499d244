internal import CCurl
internal import Networking

/// One request on its way. libcurl holds it unretained: the client keeps it until its handle is out of libcurl's hands.
@NetworkActor
final class Transfer {
  let number: UInt64
  let request: HTTPClient.Request
  let options: HTTPClient.Options
  let began = ContinuousClock.now
  /// Instant after which nobody wants the response.
  let deadline: ContinuousClock.Instant
  /// Set while it runs over HTTP/1.1.
  var easy: EasyHandle?
  /// Set while it runs over HTTP/2, or waits for that connection.
  var connection: HTTP2Connection?
  /// Its number there.
  var streamID: Int32?
  var isMultiplexed = false
  /// How often it was begun over HTTP/2.
  var starts = 0
  /// Nil for what goes over HTTP/1.1 only.
  let target: HTTPSTarget?
  /// Whether it waits for its turn.
  var isWaiting = false
  /// Ends it at the deadline; set while that is not libcurl's task.
  var limit: Timer?
  /// Uses none of the kept connections; they may be dead.
  var opensConnection = false
  /// Lists that libcurl reads while the transfer runs.
  var lists: [StringList] = []
  /// What came in, touched by libcurl's callbacks on the network thread.
  let received = ReceivedResponse()
  private let completion: (Result<HTTPClient.Response, HTTPClientError>) -> Void

  init(
    number: UInt64, request: HTTPClient.Request, options: HTTPClient.Options,
    completion: @escaping (Result<HTTPClient.Response, HTTPClientError>) -> Void
  ) {
    self.number = number
    self.request = request
    self.options = options
    self.deadline = .now + request.timeout
    self.completion = completion
    // A connection for one request needs no streams; and redirects are libcurl's matter.
    let isPlain = !request.usesFreshConnection && request.maxRedirects == 0
    self.target =
      isPlain && options.allowsHTTP2 && HTTPClient.supportsHTTP2 && request.proxy?.scheme != .https
      ? HTTPSTarget(request.url) : nil
    self.received.maxBodyBytes = request.maxBodyBytes
    self.received.maxHeaderBytes = options.maxHeaderBytes
  }

  /// Whether it may be begun once more: it is the first time, and the server has said nothing.
  var mayStartAfresh: Bool { !self.opensConnection && self.received.isEmpty }

  /// Called once.
  func complete(_ result: Result<HTTPClient.Response, HTTPClientError>) { self.completion(result) }

  /// For messages: the host of the URL and nothing else of it.
  var host: String {
    guard let range = self.request.url.firstRange(of: "://") else { return "?" }
    let authority = self.request.url[range.upperBound...].prefix { !"/?#".contains($0) }
    return String(authority.split(separator: "@").last ?? "?")
  }
}

/// The response while it comes in. Only touched on the network thread, inside of libcurl's calls.
final class ReceivedResponse {
  /// At most so much memory is taken on a server's mere word.
  private static let maxReservedBytes = 1 << 20

  var headers: [HTTPClient.Header] = []
  var body: [UInt8] = []
  var maxBodyBytes = 0
  var maxHeaderBytes = 0
  /// Which bound stopped the transfer.
  var exceeded: String?
  private var headerBytes = 0

  var isEmpty: Bool { self.headerBytes == 0 && self.body.isEmpty }

  /// Takes some bytes of the body; false stops the transfer.
  func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count <= self.maxBodyBytes - self.body.count else {
      self.exceeded = "the body is larger than \(self.maxBodyBytes) bytes"
      return false
    }
    self.body.append(contentsOf: bytes)
    return true
  }

  /// Takes one line of headers; false stops the transfer.
  func appendHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard self.countHeader(bytes.count) else { return false }
    if bytes.starts(with: "HTTP/".utf8) {
      self.beginHeaders()
      return true
    }
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return true }
    var value = bytes[(colon + 1)...]
    while let last = value.last, last <= 0x20 { value.removeLast() }
    while let first = value.first, first <= 0x20 { value.removeFirst() }
    self.addHeader(
      UnsafeRawBufferPointer(rebasing: bytes[..<colon]), UnsafeRawBufferPointer(rebasing: value))
    return true
  }

  /// Counts bytes of headers; false stops the transfer.
  func countHeader(_ bytes: Int) -> Bool {
    self.headerBytes += bytes
    guard self.headerBytes <= self.maxHeaderBytes else {
      self.exceeded = "the headers are larger than \(self.maxHeaderBytes) bytes"
      return false
    }
    return true
  }

  /// A new response begins: what came before was an interim one, or a redirect.
  func beginHeaders() { self.headers.removeAll(keepingCapacity: true) }

  /// Takes a header, without spaces around its value.
  func addHeader(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    let name = String(decoding: name, as: UTF8.self).lowercased()
    let text = String(decoding: value, as: UTF8.self)
    if name == "content-length", let length = Int(text), length > 0 {
      self.body.reserveCapacity(min(length, self.maxBodyBytes, Self.maxReservedBytes))
    }
    self.headers.append(HTTPClient.Header(name, text))
  }
}
