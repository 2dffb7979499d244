internal import Networking

/// Asks a service's admin port whether it is ready: what a container's health check runs.
@NetworkActor
enum HealthProbe {
  static let timeout = Duration.seconds(2)
  /// Enough for the reasons of every check.
  static let maxReplyBytes = 64 << 10

  /// - Returns: Nil when it is ready, else why not.
  static func problem(at endpoint: Endpoint) async -> String? {
    // What listens on every address is reached on loopback.
    let host = ["0.0.0.0", "::", ""].contains(endpoint.host) ? "127.0.0.1" : endpoint.host
    do {
      let reply = try await Self.get("/readyz", host, endpoint.port)
      if reply.hasPrefix("HTTP/1.1 200 ") { return nil }
      let body = reply.firstRange(of: "\r\n\r\n").map { reply[$0.upperBound...] } ?? reply[...]
      return "not ready: \(body)"
    } catch {
      return "the admin port \(endpoint) does not answer: \(error)"
    }
  }

  private static func get(_ path: String, _ host: String, _ port: UInt16) async throws -> String {
    let stream = try await Stream.connect(host: host, port: port, timeout: Self.timeout)
    stream.outbound.append(
      Array("GET \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n".utf8))
    stream.flush()
    var reply: [UInt8] = []
    let timer = Timer()
    defer { timer.close() }
    return try await withCheckedThrowingContinuation { continuation in
      stream.onReceive = { bytes in
        reply.append(contentsOf: bytes.bytes)
        bytes.consume(bytes.count)
        if reply.count > Self.maxReplyBytes { stream.close() }
      }
      stream.onClose = { error in
        if let error, reply.isEmpty {
          continuation.resume(throwing: error)
        } else {
          continuation.resume(returning: String(decoding: reply, as: UTF8.self))
        }
      }
      timer.schedule(after: Self.timeout) {
        stream.close(NetworkError(.timedOut, "no answer within \(Self.timeout)"))
      }
    }
  }
}
