import Dispatch
import Glibc

/// A client that sends exactly the bytes it is told to, on a blocking socket and a thread of its own: waiting in Swift's
/// pool would keep the code under test from running.
///
/// Every wait ends after a few seconds at the latest, so a server that never answers fails a test and does not hang it.
final class RawClient: @unchecked Sendable {
  // Safety: a test uses a client from one task at a time.
  private let descriptor: Int32
  private var received: [UInt8] = []
  private let queue = DispatchQueue(label: "raw client")

  struct Failure: Error { let what: String }

  init(port: UInt16) throws {
    self.descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard self.descriptor >= 0 else { throw Failure(what: "socket: \(errno)") }
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(
      self.descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(self.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw Failure(what: "connect: \(errno)") }
  }

  deinit { Glibc.close(self.descriptor) }

  func send(_ text: String) async throws {
    try await self.blocking { try self.sendAll(Array(text.utf8)) }
  }

  /// One response: its head, and a body of the length the head gives.
  func response(toHEAD: Bool = false) async throws -> (head: String, body: String) {
    try await self.blocking { try self.readResponse(toHEAD: toHEAD) }
  }

  /// Everything until the server closes.
  func untilClosed() async throws -> String {
    try await self.blocking {
      while try self.more() {}
      defer { self.received = [] }
      return String(decoding: self.received, as: UTF8.self)
    }
  }

  /// How much comes until the server closes.
  func countUntilClosed() async throws -> Int {
    try await self.blocking {
      var count = self.received.count
      self.received = []
      while try self.more() {
        count += self.received.count
        self.received = []
      }
      return count
    }
  }

  /// No more is sent; what comes can still be read.
  func finishSending() { shutdown(self.descriptor, Int32(SHUT_WR)) }

  private func blocking<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      self.queue.async { continuation.resume(with: Swift.Result(catching: body)) }
    }
  }

  private func sendAll(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(self.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Failure(what: "send: \(errno)") }
      sent += count
    }
  }

  private func readResponse(toHEAD: Bool) throws -> (head: String, body: String) {
    while true {
      let text = String(decoding: self.received, as: UTF8.self)
      if let end = text.range(of: "\r\n\r\n") {
        let head = String(text[..<end])
        let length = toHEAD ? 0 : Self.contentLength(head)
        let start = head.utf8.count + 4
        if self.received.count >= start + length {
          let body = String(decoding: self.received[start..<(start + length)], as: UTF8.self)
          self.received.removeFirst(start + length)
          return (head, body)
        }
      }
      guard try self.more() else { throw Failure(what: "closed after: \(text)") }
    }
  }

  private func more() throws -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(self.descriptor, &buffer, buffer.count, 0)
    if count < 0, errno == ECONNRESET { return false }
    guard count >= 0 else { throw Failure(what: "nothing within 10 s: \(errno)") }
    self.received += buffer[..<count]
    return count > 0
  }

  private static func contentLength(_ head: String) -> Int {
    for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix("content-length:") {
      return Int(line.dropFirst(15).drop { $0 == " " }) ?? 0
    }
    return 0
  }
}

extension String {
  func range(of needle: String) -> String.Index? {
    self.utf8.firstRange(of: needle.utf8)?.lowerBound
  }

  /// The status of a response head.
  var status: Int { Int(self.dropFirst(9).prefix(3)) ?? 0 }
}
