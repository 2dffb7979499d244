import HTTPServer
import Networking
import TestKit

@testable import Simulator

/// Answers requests over HTTP/2, or HTTP/1.1 where that is not agreed on, while `body` runs.
@NetworkActor
func withDirectServer<Value: Sendable>(
  allowsHTTP2: Bool = true, _ handler: @escaping HTTPServer.Handler,
  _ body: @NetworkActor (DirectServer) async throws -> Value
) async throws -> Value {
  let pair = try TestCertificates.shared.get().server
  var configuration = SimulatorConfiguration(
    certificateFile: pair.certificate, keyFile: pair.key)
  configuration.allowsHTTP2 = allowsHTTP2
  let server = try DirectServer(configuration) { request in
    // A path says when the response is to break in the middle.
    SimulatedAnswer(response: await handler(request), isCut: request.path == "/cut")
  }
  let running = Task { @NetworkActor in await server.run() }
  let result: Result<Value, any Error>
  do { result = .success(try await body(server)) } catch { result = .failure(error) }
  running.cancel()
  await running.value
  return try result.get()
}

extension DirectServer {
  func url(_ path: String) -> String { "https://localhost:\(self.port)\(path)" }
}

/// A server that speaks HTTP/2 as its script says, right or wrong.
@NetworkActor
final class FrameServer {
  /// One connection, from 1.
  @NetworkActor
  final class Connection {
    let number: Int
    /// Streams of requests that have come, in order.
    var streams: [UInt32] = []
    private let stream: Stream

    init(_ number: Int, _ stream: Stream) {
      self.number = number
      self.stream = stream
    }

    /// - Parameter block: Encoded header fields; by default the status 200.
    func headers(_ id: UInt32, _ block: [UInt8] = [0x88], isEnd: Bool = false) {
      self.send(1, flags: isEnd ? 5 : 4, id, block)
    }

    func data(_ id: UInt32, _ text: String, isEnd: Bool = true) {
      self.send(0, flags: isEnd ? 1 : 0, id, Array(text.utf8))
    }

    func answer(_ id: UInt32, _ text: String) {
      self.headers(id)
      self.data(id, text)
    }

    func reset(_ id: UInt32, _ code: UInt8) { self.send(3, flags: 0, id, [0, 0, 0, code]) }

    func goAway(last: UInt32) {
      self.send(7, flags: 0, 0, [0, 0, 0, UInt8(truncatingIfNeeded: last), 0, 0, 0, 0])
    }

    /// - Parameter maxStreams: MAX_CONCURRENT_STREAMS.
    func settings(maxStreams: UInt8 = 100) {
      self.send(4, flags: 0, 0, [0, 3, 0, 0, 0, maxStreams])
    }

    func raw(_ text: String) {
      self.stream.outbound.append(Array(text.utf8))
      self.stream.flush()
    }

    func close() { self.stream.close() }

    func send(_ kind: UInt8, flags: UInt8, _ id: UInt32, _ payload: [UInt8]) {
      let out = self.stream.outbound
      out.append(UInt8(payload.count >> 16))
      out.append(UInt16(payload.count & 0xFFFF))
      out.append([kind, flags])
      out.append(id)
      out.append(payload)
      self.stream.flush()
    }

    /// Consumes the preface and whole frames.
    func received(_ buffer: ByteBuffer, _ onRequest: (UInt32) -> Void) {
      if buffer.count >= 24, buffer.bytes[0] == UInt8(ascii: "P") { buffer.consume(24) }
      while buffer.count >= 9 {
        let length = Int(buffer.bytes[0]) << 16 | Int(buffer.bytes[1]) << 8 | Int(buffer.bytes[2])
        guard buffer.count >= 9 + length else { return }
        let (kind, flags) = (buffer.bytes[3], buffer.bytes[4])
        let id = buffer.bytes.loadUnaligned(fromByteOffset: 5, as: UInt32.self).bigEndian
        buffer.consume(9 + length)
        if kind == 4, flags == 0 { self.send(4, flags: 1, 0, []) }
        // A request is complete with its headers, or with the last of its body.
        if kind <= 1, flags & 1 != 0 {
          self.streams.append(id)
          onRequest(id)
        }
      }
    }
  }

  private(set) var connections: [Connection] = []
  private var listener: Listener?

  /// Plays `onRequest` for each request that has come in whole.
  static func with<Value: Sendable>(
    onOpen: @escaping @NetworkActor (Connection) -> Void = { $0.settings() },
    onRequest: @escaping @NetworkActor (Connection, UInt32) -> Void,
    _ body: @NetworkActor (FrameServer) async throws -> Value
  ) async throws -> Value {
    let pair = try TestCertificates.shared.get().server
    let server = FrameServer()
    let tls = try TLSContext.server(
      certificate: pair.certificate, key: pair.key, clientAuthority: nil,
      protocols: ["h2", "http/1.1"])
    server.listener = try Listener(port: 0, tls: tls) { [unowned server] stream in
      guard stream.negotiatedProtocol == "h2" else {
        stream.onReceive = { buffer in
          buffer.clear()
          stream.outbound.append(Array("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold".utf8))
          stream.flush()
        }
        return
      }
      let connection = Connection(server.connections.count + 1, stream)
      server.connections.append(connection)
      stream.onReceive = { buffer in connection.received(buffer) { onRequest(connection, $0) } }
      onOpen(connection)
    }
    defer {
      server.listener?.close()
      for connection in server.connections { connection.close() }
    }
    return try await body(server)
  }

  func url(_ path: String = "/") -> String {
    "https://localhost:\(self.listener?.port ?? 0)\(path)"
  }
}
