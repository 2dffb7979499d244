import HTTPClient
import HTTPServer
import Networking
import TestKit
import Testing

@Suite(
  "Connections, cancelling and handles of the HTTP client",
  .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"),
  .timeLimit(.minutes(2)))
@NetworkActor
struct ConnectionTests {
  nonisolated static let both = HTTPClientTests.both

  // MARK: Many

  @Test("200 at once are all answered, over connections that are used again", arguments: both)
  func many(isSecure: Bool) async throws {
    let counter = Counter()
    let all = Signal()
    try await withServer(try HTTPClientTests.pair(isSecure)) { request in
      counter.connections.insert(request.connectionID)
      counter.requests += 1
      // Nobody is answered before all are there, so that they really run at once.
      if counter.requests == 200 { all.give() }
      await all.wait()
      return .text(request.path)
    } _: { server in
      try await withClient { client in
        for round in 0..<3 {
          let right = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
              let url = server.url("/\(round)-\(number)", secure: isSecure)
              group.addTask { await Self.text(client, url) == "/\(round)-\(number)" }
            }
            var right = 0
            for await isRight in group where isRight { right += 1 }
            return right
          }
          #expect(right == 200)
        }
        #expect(counter.requests == 600)
        #expect(counter.connections.count == 200)
        #expect(client.transferCount == 0)
        #expect(client.handleCount <= 200)
      }
    }
  }

  @Test(
    "After a restart of the server the first request is answered, however many kept connections are dead",
    arguments: both)
  func restart(isSecure: Bool) async throws {
    // libcurl by itself tries six.
    let kept = 20
    try await withClient { client in
      let all = Signal()
      let counter = Counter()
      let port = try await withServer(try HTTPClientTests.pair(isSecure)) { _ in
        counter.requests += 1
        if counter.requests == kept { all.give() }
        await all.wait()
        return .text("before")
      } _: { server in
        let url = server.url("/", secure: isSecure)
        await withTaskGroup(of: Void.self) { group in
          for _ in 0..<kept { group.addTask { #expect(await Self.text(client, url) == "before") } }
        }
        return server.port
      }
      try await withServer(try HTTPClientTests.pair(isSecure), port: port) { _ in
        .text("after")
      } _: { server in
        #expect(await Self.text(client, server.url("/", secure: isSecure)) == "after")
      }
    }
  }

  static func text(_ client: HTTPClient, _ url: String) async -> String? {
    do throws(HTTPClientError) {
      let response = try await client.response(to: .init(url: url))
      return String(decoding: response.body, as: UTF8.self)
    } catch {
      return "\(error)"
    }
  }

  @Test("No more transfers run than allowed; the others wait and are answered")
  func maxTransfers() async throws {
    let counter = Counter()
    try await withServer(nil) { _ in
      counter.running += 1
      counter.maxRunning = max(counter.maxRunning, counter.running)
      await Task.yield()
      counter.running -= 1
      return .text("x")
    } _: { server in
      try await withClient {
        $0.maxTransfers = 5
      } _: { client in
        let url = server.url("/")
        let right = await withTaskGroup(of: Bool.self) { group in
          for _ in 0..<100 { group.addTask { await Self.text(client, url) == "x" } }
          var right = 0
          for await isRight in group where isRight { right += 1 }
          return right
        }
        #expect(right == 100)
        #expect(counter.maxRunning <= 5)
        #expect(client.handleCount <= 5)
      }
    }
  }

  @Test("One after another uses one connection and one handle, unless a fresh one is asked for")
  func reuse() async throws {
    let counter = Counter()
    try await withServer(try HTTPClientTests.pair(true)) { request in
      counter.connections.insert(request.connectionID)
      return .text("x")
    } _: { server in
      try await withClient { client in
        var request = HTTPClient.Request(url: server.url("/", secure: true))
        for _ in 0..<10 { _ = try await client.response(to: request) }
        #expect(counter.connections.count == 1)
        request.usesFreshConnection = true
        for _ in 0..<3 { _ = try await client.response(to: request) }
        #expect(counter.connections.count == 4)
        request.usesFreshConnection = false
        _ = try await client.response(to: request)
        #expect(counter.connections.count == 4)
        #expect(client.handleCount == 1)
      }
    }
  }

  @Test("A connection that the server has closed meanwhile is not a failure")
  func staleConnection() async throws {
    let counter = Counter()
    try await withServer(nil) { request in
      counter.connections.insert(request.connectionID)
      var response = HTTPResponse.text("x")
      response.headers["Connection"] = "close"
      return response
    } _: { server in
      try await withClient { client in
        for _ in 0..<5 { _ = try await client.response(to: .init(url: server.url("/"))) }
        #expect(counter.connections.count == 5)
      }
    }
  }

  // MARK: Cancelling

  @Test("A task that was cancelled before sends nothing")
  func cancelledBefore() async throws {
    let counter = Counter()
    try await withServer(nil) { _ in
      counter.requests += 1
      return .text("x")
    } _: { server in
      try await withClient { client in
        let url = server.url("/")
        let code = await withTaskGroup(of: HTTPClientError.Code?.self) { group in
          group.cancelAll()
          group.addTask { await failure(client, url) }
          return await group.next() ?? nil
        }
        #expect(code == .cancelled)
        #expect(client.handleCount == 0)
        #expect(counter.requests == 0)
      }
    }
  }

  @Test("Cancelling ends a running transfer and one that waits, and closes the connection")
  func cancelledWhile() async throws {
    let arrived = Signal()
    let gone = Signal()
    try await withServer(nil) { request in
      if request.path == "/hang" {
        arrived.give()
        await untilCancelled()
        gone.give()
      }
      return .text("x")
    } _: { server in
      try await withClient {
        $0.maxTransfers = 1
      } _: { client in
        let url = server.url("/hang")
        await withTaskGroup(of: HTTPClientError.Code?.self) { group in
          for _ in 0..<3 { group.addTask { await failure(client, url) } }
          await arrived.wait()
          while client.transferCount < 3 { await Task.yield() }
          group.cancelAll()
          for await code in group { #expect(code == .cancelled) }
        }
        #expect(client.transferCount == 0)
        // The server's handler is cancelled because its connection has gone.
        await gone.wait()
        #expect(await Self.text(client, server.url("/")) == "x")
        #expect(client.handleCount == 1)
      }
    }
  }

  @Test("A thousand cancelled transfers leave nothing behind")
  func cancelledMany() async throws {
    try await withServer(nil) { _ in
      await untilCancelled()
      return .text("x")
    } _: { server in
      try await withClient {
        $0.maxTransfers = 300
      } _: { client in
        let url = server.url("/")
        await withTaskGroup(of: HTTPClientError.Code?.self) { group in
          for _ in 0..<1000 { group.addTask { await failure(client, url) } }
          while client.transferCount < 1000 { await Task.yield() }
          group.cancelAll()
          for await code in group { #expect(code == .cancelled) }
        }
        #expect(client.transferCount == 0)
        #expect(client.handleCount <= 300)
        #expect(client.watcherCount == 0)
      }
    }
  }

  @Test("Cancelling at any moment of the beginning is noticed")
  func cancelledAtOnce() async throws {
    try await withServer(nil) { _ in
      await untilCancelled()
      return .text("x")
    } _: { server in
      try await withClient { client in
        let url = server.url("/")
        for turns in 0..<300 {
          await withTaskGroup(of: HTTPClientError.Code?.self) { group in
            for _ in 0..<3 { group.addTask { await failure(client, url) } }
            for _ in 0..<(turns % 30) { await Task.yield() }
            group.cancelAll()
            for await code in group { #expect(code == .cancelled) }
          }
        }
        #expect(client.transferCount == 0)
      }
    }
  }

  @Test("Cancelling after the response changes nothing")
  func cancelledAfter() async throws {
    try await withServer(nil) { _ in
      .text("x")
    } _: { server in
      try await withClient { client in
        let url = server.url("/")
        let text = await withTaskGroup(of: String?.self) { group in
          group.addTask {
            let text = await Self.text(client, url)
            withUnsafeCurrentTask { $0?.cancel() }
            return text
          }
          return await group.next() ?? nil
        }
        #expect(text == "x")
        #expect(await Self.text(client, url) == "x")
      }
    }
  }

  // MARK: TLS

  @Test(
    "A proxy that opens no tunnel is said to, with its reason and without its password",
    arguments: [(407, "other credentials"), (403, "leads nobody")])
  func refusingProxy(status: Int, reason: String) async throws {
    try await withServer(nil) { request in
      #expect(request.method == "CONNECT" && request.path == "www.example.org:443")
      return .text("no", status: status)
    } _: { proxy in
      try await withClient { client in
        var request = HTTPClient.Request(url: "https://www.example.org/")
        request.proxy = try HTTPProxy(parsing: "http://user:secret@127.0.0.1:\(proxy.port)")
        let error = await code(client, request)
        #expect(error?.code == .proxy)
        #expect(error?.message.contains(reason) == true)
        #expect(error?.message.contains("secret") == false)
      }
    }
  }

  @Test("Another address is connected to, and the certificate still checked for the host asked")
  func connectTo() async throws {
    let certificates = try TestCertificates.shared.get()
    try await withServer(certificates.reloaded) {
      .text($0.headers["Host"] ?? "")
    } _: { server in
      try await withClient {
        $0.connectTo = ["reloaded.test:443:127.0.0.1:\(server.port)"]
      } _: { client in
        #expect(await Self.text(client, "https://reloaded.test/") == "reloaded.test")
      }
      // Any host and port.
      try await withClient {
        $0.connectTo = ["::127.0.0.1:\(server.port)"]
      } _: { client in
        #expect(await Self.text(client, "https://reloaded.test:8443/") == "reloaded.test:8443")
        let error = await code(client, .init(url: "https://other.test/"))
        #expect(error?.code == .tls)
        #expect(error?.message.contains("certificate of other.test is not valid for it") == true)
      }
    }
  }

  @Test("Certificates for another name, out of date or from another authority are refused")
  func certificates() async throws {
    let certificates = try TestCertificates.shared.get()
    for pair in [certificates.wrongName, certificates.expired, certificates.foreign] {
      try await withServer(pair) { _ in
        .text("x")
      } _: { server in
        try await withClient { client in
          let error = await code(client, .init(url: server.url("/", secure: true)))
          #expect(error?.code == .tls)
          #expect(error?.message.contains("localhost:\(server.port)") == true)
          #expect(error?.message.contains(certificates.authority) == true)
        }
      }
    }
  }

  @Test("An authority's file is trusted in place of the system's, and must exist")
  func authority() async throws {
    let certificates = try TestCertificates.shared.get()
    try await withServer(certificates.foreign) { _ in
      .text("x")
    } _: { server in
      try await withClient {
        $0.caFile = certificates.foreignAuthority
      } _: { client in
        #expect(await Self.text(client, server.url("/", secure: true)) == "x")
      }
      try await withClient {
        $0.caFile = nil
      } _: { client in
        #expect(await code(client, .init(url: server.url("/", secure: true)))?.code == .tls)
      }
      try await withClient {
        $0.caFile = "/nowhere/ca.pem"
      } _: { client in
        let error = await code(client, .init(url: server.url("/", secure: true)))
        #expect(error?.code == .misconfigured)
        #expect(error?.message.contains("/nowhere/ca.pem") == true)
      }
    }
  }
}

/// The code of a GET; nil when there was a response.
func failure(_ client: HTTPClient, _ url: String) async -> HTTPClientError.Code? {
  await code(client, .init(url: url))?.code
}
