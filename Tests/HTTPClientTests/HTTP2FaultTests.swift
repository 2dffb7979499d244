import HTTPClient
import Networking
import TestKit
import Testing

@Suite(
  "Faults on an HTTP/2 connection", .timeLimit(.minutes(2)),
  .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"))
@NetworkActor
struct HTTP2FaultTests {
  /// What became of `count` requests made at once.
  static func outcomes(
    _ count: Int, _ client: HTTPClient, _ request: HTTPClient.Request
  ) async -> [String: Int] {
    await withTaskGroup(of: String.self) { group in
      for _ in 0..<count {
        group.addTask {
          do throws(HTTPClientError) {
            return String(
              decoding: try await client.response(to: request).body, as: UTF8.self)
          } catch {
            return error.code.description
          }
        }
      }
      var outcomes: [String: Int] = [:]
      for await outcome in group { outcomes[outcome, default: 0] += 1 }
      return outcomes
    }
  }

  nonisolated static let methods = [HTTPClient.Request.Method.get, .post]

  @Test(
    "Requests beyond the last that GOAWAY names are made again on another connection",
    arguments: methods)
  func goAway(method: HTTPClient.Request.Method) async throws {
    try await FrameServer.with { connection, id in
      guard connection.number == 1 else { return connection.answer(id, "second") }
      guard connection.streams.count == 10 else { return }
      connection.goAway(last: 9)
      // Those that it did name are still answered.
      for id in connection.streams where id <= 9 { connection.answer(id, "first") }
    } _: { server in
      try await withClient { client in
        let outcomes = await Self.outcomes(
          10, client, .init(method: method, url: server.url(), body: [1]))
        #expect(outcomes == ["first": 5, "second": 5])
        #expect(server.connections.count == 2)
        #expect(client.transferCount == 0)
      }
    }
  }

  @Test("A refused stream is tried again, and not for ever", arguments: methods)
  func refused(method: HTTPClient.Request.Method) async throws {
    let counter = Counter()
    try await FrameServer.with { connection, id in
      counter.requests += 1
      if counter.requests == 2 { connection.answer(id, "x") } else { connection.reset(id, 7) }
    } _: { server in
      try await withClient { client in
        let request = HTTPClient.Request(method: method, url: server.url(), body: [1])
        #expect(await Self.outcomes(1, client, request) == ["x": 1])
        #expect(counter.requests == 2)
        #expect(await Self.outcomes(1, client, request) == ["interrupted": 1])
        #expect(counter.requests == 6)
      }
    }
  }

  @Test("A stream that is reset is one failed request; its neighbours are answered")
  func reset() async throws {
    try await FrameServer.with { connection, _ in
      guard connection.streams.count == 30 else { return }
      for (index, id) in connection.streams.enumerated() {
        switch index % 3 {
        case 0: connection.reset(id, 2)
        case 1:
          // In the middle of a body.
          connection.headers(id)
          connection.data(id, "half", isEnd: false)
          connection.reset(id, 8)
        default: connection.answer(id, "whole")
        }
      }
    } _: { server in
      try await withClient { client in
        let outcomes = await Self.outcomes(30, client, .init(url: server.url()))
        #expect(outcomes == ["interrupted": 20, "whole": 10])
        #expect(server.connections.count == 1)
        let error = await code(client, .init(url: server.url(), timeout: .milliseconds(50)))
        #expect(error?.code == .timeout)
      }
    }
  }

  @Test("A connection that is cut in the middle of 100 streams leaves none hanging")
  func cut() async throws {
    try await FrameServer.with { connection, id in
      guard connection.number == 1 else { return connection.answer(id, "again") }
      guard connection.streams.count == 100 else { return }
      for id in connection.streams.prefix(20) { connection.answer(id, "whole") }
      for id in connection.streams[20..<50] {
        connection.headers(id)
        connection.data(id, "half", isEnd: false)
      }
      connection.close()
    } _: { server in
      try await withClient { client in
        // Of those without a beginning of an answer, what only reads is made again.
        let outcomes = await Self.outcomes(100, client, .init(url: server.url()))
        #expect(outcomes == ["whole": 20, "interrupted": 30, "again": 50])
        #expect(client.transferCount == 0)
        #expect(client.handleCount <= 2)
      }
    }
  }

  @Test("What may have had an effect is not made again when the connection is cut")
  func cutPost() async throws {
    let counter = Counter()
    try await FrameServer.with { connection, _ in
      counter.requests += 1
      connection.close()
    } _: { server in
      try await withClient { client in
        let request = HTTPClient.Request(method: .post, url: server.url(), body: [1, 2])
        let error = await code(client, request)
        #expect(error?.code == .interrupted)
        #expect(error?.message.contains("localhost:") == true)
        #expect(counter.requests == 1)
        #expect(client.transferCount == 0 && client.watcherCount == 0)
      }
    }
  }

  @Test("A server that cuts every connection is tried a few times")
  func cutAlways() async throws {
    try await FrameServer.with { connection, _ in
      connection.close()
    } _: { server in
      try await withClient { client in
        #expect(await code(client, .init(url: server.url()))?.code == .interrupted)
        #expect(server.connections.count == 4)
      }
    }
  }

  @Test("A server that agreed on HTTP/2 and speaks something else is an error")
  func garbage() async throws {
    try await FrameServer.with(onOpen: {
      $0.raw("HTTP/1.1 400 Bad Request\r\n\r\n")
    }) { _, _ in
    } _: { server in
      try await withClient { client in
        let request = HTTPClient.Request(method: .post, url: server.url(), body: [1])
        #expect(await code(client, request)?.code == .interrupted)
        #expect(client.transferCount == 0)
      }
    }
  }

  @Test("A server that wants HTTP/1.1 for a request gets it so, and is not asked again")
  func wantsHTTP1() async throws {
    try await FrameServer.with { connection, id in
      connection.reset(id, 13)
    } _: { server in
      try await withClient { client in
        for _ in 0..<3 {
          #expect(await Self.outcomes(2, client, .init(url: server.url())) == ["old": 2])
        }
        #expect(server.connections.count == 1)
      }
    }
  }

  @Test("No more streams are open than the server allows")
  func maxStreams() async throws {
    let counter = Counter()
    try await FrameServer.with(onOpen: { $0.settings(maxStreams: 2) }) { connection, id in
      counter.running += 1
      counter.maxRunning = max(counter.maxRunning, counter.running)
      Task { @NetworkActor in
        for _ in 0..<20 { await Task.yield() }
        counter.running -= 1
        connection.answer(id, "x")
      }
    } _: { server in
      try await withClient { client in
        // So that the settings are known before there are many.
        #expect(await ConnectionTests.text(client, server.url()) == "x")
        #expect(await Self.outcomes(20, client, .init(url: server.url())) == ["x": 20])
        #expect(counter.maxRunning <= 2 * server.connections.count)
      }
    }
  }

  @Test("Interim responses and trailers are not mixed up with the response")
  func interim() async throws {
    try await FrameServer.with { connection, id in
      // :status 103, "a: 1"; :status 200, "b: 2"; body; "c: 3".
      connection.headers(id, [0x08, 3, 0x31, 0x30, 0x33, 0, 1, 0x61, 1, 0x31])
      connection.headers(id, [0x88, 0, 1, 0x62, 1, 0x32])
      connection.data(id, "body", isEnd: false)
      connection.headers(id, [0, 1, 0x63, 1, 0x33], isEnd: true)
    } _: { server in
      try await withClient { client in
        let response = try await client.response(to: .init(url: server.url()))
        #expect(response.status == 200)
        #expect(response.headers == [.init("b", "2")])
        #expect(response.body == Array("body".utf8))
      }
    }
  }

  @Test("A body that is shorter than it was said to be is no response")
  func short() async throws {
    try await FrameServer.with { connection, id in
      // content-length: 9
      connection.headers(id, [0x88, 0x0F, 0x0D, 1, 0x39])
      connection.data(id, "body")
    } _: { server in
      try await withClient { client in
        #expect(await code(client, .init(url: server.url()))?.code == .interrupted)
      }
    }
  }

  @Test("A connection on which nothing comes any more is used by nobody else")
  func silent() async throws {
    try await FrameServer.with { connection, id in
      if connection.number > 1 || id == 1 { connection.answer(id, "x") }
    } _: { server in
      try await withClient { client in
        #expect(await ConnectionTests.text(client, server.url()) == "x")
        let request = HTTPClient.Request(url: server.url(), timeout: .milliseconds(100))
        #expect(await code(client, request)?.code == .timeout)
        #expect(await ConnectionTests.text(client, server.url()) == "x")
        #expect(server.connections.count == 2)
        #expect(client.watcherCount == 1)
      }
    }
  }
}
