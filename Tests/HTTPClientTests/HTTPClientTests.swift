import Foundation
import HTTPClient
import HTTPServer
import Networking
import TestKit
import Testing

@Suite(
  "HTTP client", .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"),
  .timeLimit(.minutes(2)))
@NetworkActor
struct HTTPClientTests {
  nonisolated static let both = [false, true]

  static func pair(_ isSecure: Bool) throws -> TestCertificates.Pair? {
    isSecure ? try TestCertificates.shared.get().server : nil
  }

  /// Says what came in, as text.
  static let echo: HTTPServer.Handler = { request in
    let fields = request.headers.fields
      .filter { !["Host", "Accept-Encoding"].contains($0.name) }
      .map { "\($0.name): \($0.value)" }
    var response = HTTPResponse.text(
      ([request.method, request.path, request.query] + fields).joined(separator: "\n")
        + "\n\n\(String(decoding: request.body, as: UTF8.self))")
    response.headers["X-Twice"] = "one"
    response.headers.append("X-Twice", "two")
    return response
  }

  // MARK: Requests

  @Test("GET, HEAD and POST arrive as they were made, plain and over TLS", arguments: both)
  func methods(isSecure: Bool) async throws {
    try await withServer(try Self.pair(isSecure), Self.echo) { server in
      try await withClient { client in
        let url = server.url("/a%20b?c=d&e", secure: isSecure)
        let get = try await client.response(
          to: .init(url: url, headers: [.init("X-One", "1"), .init("X-Empty", "")]))
        #expect(get.status == 200)
        let text = String(decoding: get.body, as: UTF8.self)
        #expect(text == "GET\n/a%20b\nc=d&e\nAccept: */*\nX-One: 1\nX-Empty: \n\n")
        #expect(get[header: "content-TYPE"] == "text/plain; charset=utf-8")
        #expect(get.headers.filter { $0.name == "x-twice" }.map(\.value) == ["one", "two"])

        let head = try await client.response(to: .init(method: .head, url: url))
        #expect(head.body.isEmpty)
        #expect(head[header: "content-length"] != nil)

        for size in [0, 1, 100_000, 3_000_000] {
          let body = [UInt8](repeating: UInt8(ascii: "x"), count: size)
          let post = try await client.response(
            to: .init(
              method: .post, url: url, headers: [.init("Content-Type", "a/b")], body: body))
          #expect(post.body.suffix(size) == body[...])
          // No waiting for leave to send.
          #expect(!String(decoding: post.body.prefix(500), as: UTF8.self).contains("Expect"))
        }
      }
    }
  }

  @Test("Statuses other than 200 are responses, and a redirect is one too")
  func statuses() async throws {
    try await withServer(nil) { request in
      var response = HTTPResponse.text("x", status: Int(request.path.dropFirst()) ?? 500)
      response.headers["Location"] = "/200"
      return response
    } _: { server in
      try await withClient { client in
        for status in [200, 204, 302, 404, 429, 503] {
          let response = try await client.response(to: .init(url: server.url("/\(status)")))
          #expect(response.status == status)
        }
      }
    }
  }

  @Test(
    "What could change the request's meaning is refused before anything is sent",
    arguments: [
      HTTPClient.Request(url: "http://localhost:1/a b"), .init(url: "ftp://localhost/"),
      .init(url: "file:///etc/passwd"), .init(url: "http://localhost:1/\u{7F}"), .init(url: ""),
      .init(url: "http://localhost:1/", headers: [.init("X", "a\r\nY: b")]),
      .init(url: "http://localhost:1/", headers: [.init("X: a\r\nY", "b")]),
      .init(url: "http://localhost:1/", headers: [.init("", "b")]),
    ])
  func invalid(request: HTTPClient.Request) async throws {
    try await withClient { client in
      #expect(await code(client, request)?.code == .invalidRequest)
      #expect(client.handleCount == 0)
    }
  }

  @Test("A body over the bound is not sent")
  func requestBound() async throws {
    try await withClient {
      $0.maxRequestBodyBytes = 1000
    } _: { client in
      let request = HTTPClient.Request(
        method: .post, url: "http://localhost:1/", body: .init(repeating: 0, count: 1001))
      #expect(await code(client, request)?.code == .invalidRequest)
    }
  }

  @Test("Plain HTTP has to be allowed")
  func plain() async throws {
    try await withServer(nil, Self.echo) { server in
      try await withClient {
        $0.allowsPlainHTTP = false
      } _: { client in
        #expect(await code(client, .init(url: server.url("/")))?.code == .invalidRequest)
      }
    }
  }

  // MARK: Redirects

  @Test("Redirects are followed as often as allowed, and no more")
  func redirects() async throws {
    try await withServer(nil) { request in
      let left = Int(request.path.dropFirst()) ?? 0
      guard left > 0 else { return .text("arrived") }
      return HTTPResponse(status: 302, headers: ["Location": "/\(left - 1)"])
    } _: { server in
      try await withClient { client in
        let three = try await client.response(to: .init(url: server.url("/3"), maxRedirects: 3))
        #expect(String(decoding: three.body, as: UTF8.self) == "arrived")
        #expect(three[header: "location"] == nil)
        let error = await code(client, .init(url: server.url("/4"), maxRedirects: 3))
        #expect(error?.code == .tooManyRedirects)
        #expect(error?.message.contains("localhost:\(server.port)") == true)
      }
    }
  }

  @Test("A redirect leads to no other kind of address")
  func redirectToFile() async throws {
    try await withServer(nil) { _ in
      HTTPResponse(status: 302, headers: ["Location": "file:///etc/passwd"])
    } _: { server in
      try await withClient { client in
        let error = await code(client, .init(url: server.url("/"), maxRedirects: 3))
        #expect(error?.code == .invalidRequest)
      }
    }
  }

  // MARK: Bounds

  /// A megabyte of zeros, compressed by gzip to a kilobyte that is nearly all zeros too.
  nonisolated static let bomb = Data(
    base64Encoded: "H4sIAAAAAAACA+3BMQEAAADCoPVPbQhfo" + String(repeating: "A", count: 1355)
      + "PgMc6jinAAAQAA==")
  /// The same in the other encodings that are accepted: fifteen and fifty bytes.
  nonisolated static let smallBombs = [
    "br": "W///j38CIB4LBHLvHwA=",
    "zstd": "KLUv/aAAABAATAAACAABAPz/ORACAgAQAAIAEAACABAAAgAQAAIAEAACABAAAwAQAA==",
  ].compactMapValues { Data(base64Encoded: $0) }

  @Test(
    "A body over the bound stops the transfer, however it comes",
    arguments: ["length", "chunked", "gzip", "br", "zstd"], both)
  func bodyBound(kind: String, isSecure: Bool) async throws {
    try await withServer(try Self.pair(isSecure)) { request in
      let size = Int(request.query) ?? 0
      switch kind {
      case "length":
        return HTTPResponse(status: 200, body: .bytes(.init(repeating: 1, count: size)))
      case "chunked":
        return HTTPResponse(
          status: 200,
          body: .stream(length: nil) { writer in
            for start in stride(from: 0, to: size, by: 1000) {
              try await writer.write(.init(repeating: 1, count: min(1000, size - start)))
            }
          })
      default:
        return HTTPResponse(
          status: 200, headers: ["Content-Encoding": kind],
          body: .bytes(Array(Self.smallBombs[kind] ?? Self.bomb ?? Data())))
      }
    } _: { server in
      try await withClient { client in
        // The bomb is a megabyte.
        let fits = ["length", "chunked"].contains(kind) ? 65_536 : 1 << 20
        let url = server.url("/?\(fits)", secure: isSecure)
        let whole = try await client.response(to: .init(url: url, maxBodyBytes: fits))
        #expect(whole.body.count == fits)
        let error = await code(client, .init(url: url, maxBodyBytes: fits - 1))
        #expect(error?.code == .tooLarge)
        #expect(error?.message.contains("localhost:\(server.port)") == true)
        #expect(error?.message.contains("\(fits - 1) bytes") == true)
      }
    }
  }

  @Test("Headers over the bound stop the transfer")
  func headerBound() async throws {
    try await withServer(nil) { _ in
      HTTPResponse(status: 200, headers: ["X-Long": String(repeating: "x", count: 2000)])
    } _: { server in
      try await withClient {
        $0.maxHeaderBytes = 1000
      } _: { client in
        #expect(await code(client, .init(url: server.url("/")))?.code == .tooLarge)
      }
    }
  }

  @Test("A server that does not answer costs the time limit and no more")
  func timeLimit() async throws {
    try await withServer(nil) { _ in
      await untilCancelled()
      return .text("")
    } _: { server in
      try await withClient { client in
        let error = await code(
          client, .init(url: server.url("/secret?key=value"), timeout: .milliseconds(150)))
        #expect(error?.code == .timeout)
        #expect(error?.message.contains("localhost:\(server.port)") == true)
        #expect(error?.message.contains("150 ms") == true)
        #expect(error?.message.contains("secret") == false)
        #expect(client.transferCount == 0)
      }
    }
  }

  @Test("Waiting for a free transfer counts into the time limit, and too many may not wait")
  func queue() async throws {
    let arrived = Signal()
    try await withServer(nil) { request in
      if request.path == "/hang" {
        arrived.give()
        await untilCancelled()
      }
      return .text("")
    } _: { server in
      try await withClient {
        $0.maxTransfers = 1
        $0.maxWaiting = 1
      } _: { client in
        let url = server.url("/hang")
        await withTaskGroup(of: HTTPClientError.Code?.self) { group in
          group.addTask { await failure(client, url) }
          await arrived.wait()
          // The only other transfer waits in vain, for as long as it allows.
          let waiting = HTTPClient.Request(url: server.url("/"), timeout: .milliseconds(50))
          #expect(await code(client, waiting)?.code == .timeout)
          group.addTask { await failure(client, url) }
          while client.transferCount < 2 { await Task.yield() }
          let error = await code(client, waiting)
          #expect(error?.code == .overloaded)
          #expect(error?.message.contains("1 requests wait already") == true)
          group.cancelAll()
        }
        #expect(client.transferCount == 0)
        #expect(await code(client, .init(url: server.url("/"))) == nil)
      }
    }
  }

  // MARK: Failures

  @Test("A port where nobody listens is refused, by name", arguments: both)
  func refused(isSecure: Bool) async throws {
    // The port of a server that is gone.
    let url = try await withServer(nil, Self.echo) { $0.url("/path", secure: isSecure) }
    try await withClient { client in
      let error = await code(client, .init(url: url))
      #expect(error?.code == .refused)
      #expect(error?.message.contains("localhost:") == true)
      #expect(error?.message.contains("nobody listens") == true)
    }
  }

  @Test("A name without an address is said to have none")
  func unresolved() async throws {
    try await withClient { client in
      let error = await code(client, .init(url: "https://nowhere.invalid/"))
      #expect(error?.code == .unresolved)
      #expect(error?.message.contains("nowhere.invalid") == true)
    }
  }

  @Test("A connection that ends inside of a response is no response")
  func interrupted() async throws {
    try await withServer(nil) { request in
      switch request.path {
      case "/head": return HTTPResponse(status: 200, body: .hangUp)
      case "/length":
        return HTTPResponse(
          status: 200, body: .stream(length: 100) { try await $0.write([1, 2, 3]) })
      default:
        return HTTPResponse(
          status: 200,
          body: .stream(length: nil) { writer in
            try await writer.write([1, 2, 3])
            throw HTTPAborted()
          })
      }
    } _: { server in
      try await withClient { client in
        for path in ["/head", "/length", "/chunked"] {
          let error = await code(client, .init(url: server.url(path)))
          #expect(error?.code == .interrupted, "\(path)")
          #expect(error?.message.contains("localhost:\(server.port)") == true)
        }
      }
    }
  }

  @Test("A body that is not compressed as it says is an error")
  func badEncoding() async throws {
    try await withServer(nil) { _ in
      HTTPResponse(
        status: 200, headers: ["Content-Encoding": "gzip"], body: .bytes(Array("plain".utf8)))
    } _: { server in
      try await withClient { client in
        #expect(await code(client, .init(url: server.url("/")))?.code == .badEncoding)
      }
    }
  }

  // MARK: Closing

  @Test("Closing the client ends what runs, and later requests")
  func close() async throws {
    let arrived = Signal()
    try await withServer(nil) { _ in
      arrived.give()
      await untilCancelled()
      return .text("")
    } _: { server in
      try await withClient { client in
        async let running = code(client, .init(url: server.url("/")))
        await arrived.wait()
        client.close()
        #expect(await running?.code == .closed)
        #expect(await code(client, .init(url: server.url("/")))?.code == .closed)
        #expect(client.handleCount == 0)
        #expect(client.watcherCount == 0)
      }
    }
  }
}
