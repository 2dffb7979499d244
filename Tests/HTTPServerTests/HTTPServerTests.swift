import Glibc
import Networking
import TestKit
import Testing

@testable import HTTPServer

@Suite("HTTP server")
struct HTTPServerTests {
  static let get = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n"

  /// Answers with method, path and body.
  static let echo: HTTPServer.Handler = { request in
    .text("\(request.method) \(request.path) \(String(decoding: request.body, as: UTF8.self))")
  }

  @Test("A connection serves one request after another")
  func keepsAlive() async throws {
    try await withServer(handler: Self.echo) { _, port in
      let client = try RawClient(port: port)
      for _ in 0..<3 {
        try await client.send(Self.get)
        let (head, body) = try await client.response()
        #expect(head.status == 200)
        #expect(body == "GET /x ")
        #expect(!head.contains("Connection: close"))
      }
    }
  }

  @Test("Pipelined requests are answered in their order, also when a handler waits")
  func pipelining() async throws {
    let handler: HTTPServer.Handler = { request in
      if request.path.hasSuffix("0") { await Task.yield() }
      return .text(request.path)
    }
    try await withServer(handler: handler) { _, port in
      let client = try RawClient(port: port)
      let paths = (0..<1000).map { "/\($0)" }
      try await client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
      for path in paths { #expect(try await client.response().body == path) }
    }
  }

  @Test("The connection closes when the client or HTTP/1.0 wants it")
  func closes() async throws {
    try await withServer(handler: Self.echo) { _, port in
      for request in [
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
      ] {
        let client = try RawClient(port: port)
        try await client.send(request)
        client.finishSending()
        #expect(try await client.untilClosed().contains("Connection: close\r\n"))
      }
    }
  }

  @Test("HEAD gets the length of the body and no body")
  func head() async throws {
    try await withServer(handler: { _ in .text("12345") }) { _, port in
      let client = try RawClient(port: port)
      try await client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" + Self.get)
      let (head, body) = try await client.response(toHEAD: true)
      #expect(head.contains("Content-Length: 5"))
      #expect(body.isEmpty)
      #expect(try await client.response().body == "12345")
    }
  }

  @Test("A bad request is answered and the connection closes")
  func badRequest() async throws {
    try await withServer(handler: Self.echo) { _, port in
      let client = try RawClient(port: port)
      try await client.send("GET / HTTP/1.1\r\n\r\nleft over")
      client.finishSending()
      let answer = try await client.untilClosed()
      #expect(answer.status == 400)
      #expect(answer.contains("exactly one Host field is required"))
    }
  }

  @Test("100 Continue is sent to a client that waits for it")
  func expectContinue() async throws {
    try await withServer(handler: Self.echo) { _, port in
      let client = try RawClient(port: port)
      try await client.send(
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
      #expect(try await client.response().head.status == 100)
      try await client.send("ok")
      #expect(try await client.response().body == "POST / ok")
    }
  }

  @Test("A request that does not arrive in time is answered with 408")
  func slowRequest() async throws {
    var options = HTTPServerOptions()
    options.requestTimeout = .milliseconds(500)
    try await withServer(options, handler: Self.echo) { _, port in
      let client = try RawClient(port: port)
      try await client.send("GET / HT")
      #expect(try await client.response().head.status == 408)
      client.finishSending()
      #expect(try await client.untilClosed() == "")
    }
  }

  @Test("A connection without requests is closed after the idle time")
  func idle() async throws {
    var options = HTTPServerOptions()
    options.idleTimeout = .milliseconds(50)
    try await withServer(options, handler: Self.echo) { _, port in
      let client = try RawClient(port: port)
      try await client.send(Self.get)
      _ = try await client.response()
      #expect(try await client.untilClosed() == "")
    }
  }

  @Test("A client above the limit of connections gets 503")
  func tooManyConnections() async throws {
    var options = HTTPServerOptions()
    options.maxConnections = 1
    try await withServer(options, handler: Self.echo) { _, port in
      let first = try RawClient(port: port)
      try await first.send(Self.get)
      _ = try await first.response()
      let second = try RawClient(port: port)
      #expect(try await second.response().head.status == 503)
    }
  }

  @Test("The handler of a client that has gone is cancelled")
  func cancellation() async throws {
    let started = Signal()
    let cancelled = Signal()
    let handler: HTTPServer.Handler = { _ in
      await started.fire()
      // Far longer than the test may take; only a cancellation ends it.
      try? await Task.sleep(for: .seconds(600))
      if Task.isCancelled { await cancelled.fire() }
      return .text("")
    }
    try await withServer(handler: handler) { _, port in
      var client: RawClient? = try RawClient(port: port)
      try await client?.send(Self.get)
      await started.wait()
      client = nil
      await cancelled.wait()
    }
  }

  @Test("A graceful stop lets a running request finish")
  func gracefulStop() async throws {
    let started = Signal()
    let release = Signal()
    let handler: HTTPServer.Handler = { _ in
      await started.fire()
      await release.wait()
      return .text("done")
    }
    try await withServer(handler: handler) { server, port in
      let client = try RawClient(port: port)
      try await client.send(Self.get)
      await started.wait()
      await server.beginGracefulShutdown()
      await release.fire()
      let (head, body) = try await client.response()
      #expect(body == "done")
      #expect(head.contains("Connection: close"))
      #expect(throws: RawClient.Failure.self) { _ = try RawClient(port: port) }
    }
  }

  @Test("A body without a length is sent in chunks, and the connection lives on")
  func chunked() async throws {
    let handler: HTTPServer.Handler = { _ in
      HTTPResponse(
        status: 200,
        body: .stream(length: nil) { writer in
          for part in ["abc", "", "de"] { try await writer.write(Array(part.utf8)) }
        })
    }
    try await withServer(handler: handler) { _, port in
      let client = try RawClient(port: port)
      try await client.send(Self.get + "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
      let answer = try await client.untilClosed()
      let body = "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
      #expect(answer.split(separator: body, omittingEmptySubsequences: false).count == 3)
    }
  }

  @Test("A body shorter than promised cuts the connection")
  func shortBody() async throws {
    let handler: HTTPServer.Handler = { _ in
      HTTPResponse(
        status: 200, body: .stream(length: 10) { try await $0.write(Array("12345".utf8)) })
    }
    try await withServer(handler: handler) { _, port in
      let client = try RawClient(port: port)
      try await client.send(Self.get)
      let answer = try await client.untilClosed()
      #expect(answer.contains("Content-Length: 10"))
      #expect(answer.hasSuffix("12345"))
    }
  }

  @Test("A handler's header value cannot split the response")
  func responseSplitting() async throws {
    let handler: HTTPServer.Handler = { _ in
      HTTPResponse(status: 200, headers: ["X": "a\r\nEvil: 1"])
    }
    try await withServer(handler: handler) { _, port in
      let client = try RawClient(port: port)
      try await client.send(Self.get)
      #expect(!(try await client.response().head.contains("Evil")))
    }
  }

  @Test("After a take-over the stream belongs to the handler, with what came early")
  func takeOver() async throws {
    let handler: HTTPServer.Handler = { _ in
      HTTPResponse(
        status: 200,
        body: .takeOver { stream in
          stream.onReceive = { buffer in
            stream.outbound.append(buffer.bytes)
            buffer.consume(buffer.count)
            stream.flush()
          }
        })
    }
    try await withServer(handler: handler) { server, port in
      let client = try RawClient(port: port)
      try await client.send("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\nearly ")
      #expect(try await client.response().head.status == 200)
      try await client.send("late")
      client.finishSending()
      #expect(try await client.untilClosed() == "early late")
      #expect(await server.connectionCount == 0)
    }
  }

  @Test("Two thousand idle connections do not hinder one that asks")
  func manyConnections() async throws {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = min(limit.rlim_max, 16_384)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    try await withServer(handler: Self.echo) { server, port in
      var clients: [RawClient] = []
      for _ in 0..<2000 { clients.append(try RawClient(port: port)) }
      try await clients[0].send(Self.get)
      #expect(try await clients[0].response().body == "GET /x ")
      try await clients[1999].send(Self.get)
      #expect(try await clients[1999].response().body == "GET /x ")
      #expect(await server.connectionCount == 2000)
    }
  }

  @Test("A streamed body waits for a client that does not read, then goes on to its end")
  func slowReader() async throws {
    let size = 64 << 20
    let written = Written()
    let handler: HTTPServer.Handler = { request in
      guard request.path == "/large" else { return .text("small") }
      return HTTPResponse(
        status: 200,
        body: .stream(length: size) { writer in
          while writer.count < size {
            try await writer.write([UInt8](repeating: 0x61, count: 1 << 16))
            written.bytes = writer.count
          }
        })
    }
    try await withServer(handler: handler) { _, port in
      let slow = try RawClient(port: port)
      try await slow.send("GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
      let other = try RawClient(port: port)
      for _ in 0..<100 {
        try await other.send(Self.get)
        #expect(try await other.response().body == "small")
      }
      // What the kernel holds for both ends, and the server's own limit; without it all 64 MiB would be there.
      let waiting = await written.bytes
      #expect(waiting > 1 << 20)
      #expect(waiting < 32 << 20)
      let received = try await slow.countUntilClosed()
      #expect(received > size)
      #expect(await written.bytes == size)
    }
  }

  @NetworkActor
  final class Written {
    var bytes = 0
    nonisolated init() {}
  }

  @Test("It listens where it is told to", arguments: ["::1", "::"])
  func address(_ address: String) async throws {
    try await withServer(HTTPServerOptions(address: address), handler: Self.echo) { _, port in
      let stream = try await Stream.connect(host: "::1", port: port)
      await stream.ask(Self.get)
      #expect(await stream.answer().hasSuffix("GET /x "))
    }
  }

  @Test("A replaced certificate serves new connections")
  func reload() async throws {
    let certificates = try TestCertificates.shared.get()
    func context(_ pair: TestCertificates.Pair) throws -> TLSContext {
      try .server(certificate: pair.certificate, key: pair.key, clientAuthority: nil)
    }
    let first = try context(certificates.server)
    let second = try context(certificates.reloaded)
    let client = try TLSContext.client(
      authority: certificates.authority, certificate: nil, key: nil)
    try await withServer(tls: first, handler: Self.echo) { server, port in
      for name in ["server", "reloaded"] {
        let stream = try await Stream.connect(host: "localhost", port: port, tls: client)
        #expect(await stream.peerIdentity?.commonName == name)
        await stream.ask(Self.get)
        #expect(await stream.answer().hasSuffix("GET /x "))
        await server.setTLS(second)
      }
    }
  }

  @Test("Dates are written as HTTP wants them")
  func dates() {
    #expect(HTTPDate.format(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
  }
}
