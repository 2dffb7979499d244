import Foundation
import HTTPClient
import HTTPServer
import Networking
import TestKit
import Testing

@testable import Simulator

@Suite(
  "HTTP/2", .timeLimit(.minutes(2)),
  .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"))
@NetworkActor
struct HTTP2Tests {
  @Test("GET, HEAD and POST arrive as they were made")
  func methods() async throws {
    try await withDirectServer(HTTPClientTests.echo) { server in
      try await withClient { client in
        let url = server.url("/a%20b?c=d&e#f")
        let get = try await client.response(
          to: .init(
            url: url,
            headers: [
              .init("X-One", "1"), .init("X-Empty", ""), .init("Connection", "close"),
            ]))
        #expect(get.status == 200)
        let text = String(decoding: get.body, as: UTF8.self)
        #expect(
          text == "GET\n/a%20b\nc=d&e\naccept: */*\naccept-encoding: gzip\nx-one: 1\nx-empty: \n\n")
        #expect(get[header: "content-TYPE"] == "text/plain; charset=utf-8")
        #expect(get.headers.filter { $0.name == "x-twice" }.map(\.value) == ["one", "two"])

        let head = try await client.response(to: .init(method: .head, url: url))
        #expect(head[header: "content-length"] != nil)

        for size in [0, 1, 100_000, 1_000_000] {
          let body = [UInt8](repeating: UInt8(ascii: "x"), count: size)
          let post = try await client.response(
            to: .init(
              method: .post, url: url, headers: [.init("Content-Type", "a/b")], body: body))
          #expect(post.body.suffix(size) == body[...])
        }
        #expect(server.connectionCount == 1)
      }
    }
  }

  @Test("300 at once share three connections, and no body loses a byte")
  func many() async throws {
    let counter = Counter()
    let all = Signal()
    try await withDirectServer { request in
      counter.connections.insert(request.connectionID)
      counter.requests += 1
      if counter.requests == 300 { all.give() }
      await all.wait()
      return HTTPResponse(status: 200, body: .bytes(Self.body(request.path)))
    } _: { server in
      try await withClient { client in
        for round in 0..<4 {
          let right = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<300 {
              let path = "/\(round)-\(number)"
              let url = server.url(path)
              group.addTask {
                do throws(HTTPClientError) {
                  return try await client.response(to: .init(url: url)).body == Self.body(path)
                } catch {
                  Issue.record(error)
                  return false
                }
              }
            }
            var right = 0
            for await isRight in group where isRight { right += 1 }
            return right
          }
          #expect(right == 300)
        }
        #expect(counter.connections.count == 3)
        #expect(client.transferCount == 0)
        #expect(client.handleCount == 3)
        #expect(client.watcherCount == 3)
      }
    }
  }

  /// 100 KB that tell whose they are, everywhere.
  nonisolated static func body(_ path: String) -> [UInt8] {
    Array(String(repeating: path + "\n", count: 100_000 / (path.utf8.count + 1)).utf8)
  }

  @Test("Identities have connections of their own, and a fresh one is a connection each")
  func identities() async throws {
    let counter = Counter()
    try await withDirectServer { request in
      counter.connections.insert(request.connectionID)
      return .text("\(request.connectionID)")
    } _: { server in
      try await withClient { client in
        var request = HTTPClient.Request(url: server.url("/"))
        let first = try await client.response(to: request).body
        #expect(try await client.response(to: request).body == first)
        request.identity = "another"
        #expect(try await client.response(to: request).body != first)
        #expect(counter.connections.count == 2)
        request.usesFreshConnection = true
        for _ in 0..<3 { _ = try await client.response(to: request) }
        #expect(counter.connections.count == 5)
      }
    }
  }

  @Test("A server that speaks HTTP/1.1 only is spoken to in it, and asked once")
  func fallBack() async throws {
    let counter = Counter()
    try await withDirectServer(allowsHTTP2: false) { request in
      counter.connections.insert(request.connectionID)
      return .text(request.path)
    } _: { server in
      try await withClient { client in
        for round in 0..<3 {
          let right = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<50 {
              let path = "/\(round)-\(number)"
              group.addTask { await ConnectionTests.text(client, server.url(path)) == path }
            }
            var right = 0
            for await isRight in group where isRight { right += 1 }
            return right
          }
          #expect(right == 50)
        }
        #expect(client.transferCount == 0)
      }
    }
  }

  @Test("Bodies over the bound are stopped, compressed bombs too, and the connection goes on")
  func bounds() async throws {
    try await withDirectServer { request in
      switch request.path {
      case "/bomb":
        HTTPResponse(
          status: 200, headers: ["Content-Encoding": "gzip"],
          body: .bytes(Array(HTTPClientTests.bomb ?? Data())))
      case "/headers":
        HTTPResponse(status: 200, headers: ["X-Long": String(repeating: "x", count: 2000)])
      case "/plain":
        HTTPResponse(
          status: 200, headers: ["Content-Encoding": "gzip"], body: .bytes(Array("plain".utf8)))
      case "/br":
        HTTPResponse(
          status: 200, headers: ["Content-Encoding": "br"], body: .bytes(Array("x".utf8)))
      default: HTTPResponse(status: 200, body: .bytes(.init(repeating: 1, count: 1 << 20)))
      }
    } _: { server in
      try await withClient {
        $0.maxHeaderBytes = 1000
      } _: { client in
        for path in ["/", "/bomb"] {
          let url = server.url(path)
          let whole = try await client.response(to: .init(url: url, maxBodyBytes: 1 << 20))
          #expect(whole.body.count == 1 << 20)
          let error = await code(client, .init(url: url, maxBodyBytes: 1 << 20 - 1))
          #expect(error?.code == .tooLarge)
          #expect(error?.message.contains("localhost:\(server.port)") == true)
        }
        let small = await code(client, .init(url: server.url("/"), maxBodyBytes: 1000))
        #expect(small?.code == .tooLarge && small?.message.contains("1000 bytes") == true)
        let headers = await code(client, .init(url: server.url("/headers")))
        #expect(headers?.code == .tooLarge && headers?.message.contains("headers") == true)
        #expect(await code(client, .init(url: server.url("/plain")))?.code == .badEncoding)
        #expect(await code(client, .init(url: server.url("/br")))?.code == .badEncoding)
        #expect(await code(client, .init(url: server.url("/cut")))?.code == .interrupted)
        #expect(server.connectionCount == 1)
      }
    }
  }

  @Test("Cancelling and time limits end the server's work, and the connection goes on")
  func cancelling() async throws {
    let counter = Counter()
    try await withDirectServer { request in
      guard request.path == "/hang" else { return .text("x") }
      counter.running += 1
      await untilCancelled()
      counter.running -= 1
      return .text("late")
    } _: { server in
      try await withClient { client in
        let url = server.url("/hang")
        await withTaskGroup(of: HTTPClientError.Code?.self) { group in
          for _ in 0..<50 { group.addTask { await failure(client, url) } }
          while counter.running < 50 { await Task.yield() }
          #expect(await ConnectionTests.text(client, server.url("/")) == "x")
          group.cancelAll()
          for await code in group { #expect(code == .cancelled) }
        }
        while counter.running > 0 { await Task.yield() }
        let limited = HTTPClient.Request(url: url, timeout: .milliseconds(100))
        #expect(await code(client, limited)?.code == .timeout)
        #expect(await ConnectionTests.text(client, server.url("/")) == "x")
        #expect(client.transferCount == 0)
      }
    }
  }

  @Test("Cancelling at any moment of the beginning is noticed")
  func cancelledAtOnce() async throws {
    try await withDirectServer { _ in
      await untilCancelled()
      return .text("x")
    } _: { server in
      try await withClient { client in
        let url = server.url("/")
        for turns in 0..<200 {
          await withTaskGroup(of: HTTPClientError.Code?.self) { group in
            for _ in 0..<3 { group.addTask { await failure(client, url) } }
            for _ in 0..<(turns % 40) { await Task.yield() }
            group.cancelAll()
            for await code in group { #expect(code == .cancelled) }
          }
        }
        #expect(client.transferCount == 0)
        #expect(client.watcherCount <= 1)
      }
    }
  }

  @Test("No more run than allowed, and the others wait for their turn")
  func maxTransfers() async throws {
    let counter = Counter()
    try await withDirectServer { _ in
      counter.running += 1
      counter.maxRunning = max(counter.maxRunning, counter.running)
      await Task.yield()
      counter.running -= 1
      return .text("x")
    } _: { server in
      try await withClient {
        $0.maxTransfers = 5
      } _: { client in
        let outcomes = await HTTP2FaultTests.outcomes(100, client, .init(url: server.url("/")))
        #expect(outcomes == ["x": 100])
        #expect(counter.maxRunning <= 5)
      }
    }
  }

  @Test("Closing the client ends what runs")
  func close() async throws {
    let arrived = Signal()
    try await withDirectServer { _ in
      arrived.give()
      await untilCancelled()
      return .text("")
    } _: { server in
      try await withClient { client in
        async let running = code(client, .init(url: server.url("/")))
        await arrived.wait()
        client.close()
        #expect(await running?.code == .closed)
        #expect(client.handleCount == 0)
        #expect(client.watcherCount == 0)
      }
    }
  }

  @Test("A certificate that is not valid is refused before a request is sent, for all that wait")
  func certificate() async throws {
    try await withDirectServer { _ in
      .text("x")
    } _: { server in
      try await withClient {
        $0.caFile = try? TestCertificates.shared.get().foreignAuthority
      } _: { client in
        let outcomes = await HTTP2FaultTests.outcomes(10, client, .init(url: server.url("/")))
        #expect(outcomes == ["tls": 10])
        #expect(client.transferCount == 0 && client.watcherCount == 0)
      }
    }
  }
}
