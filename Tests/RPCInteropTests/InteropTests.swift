internal import Foundation
internal import Protobuf
internal import RPC
internal import RPCInteropKit
internal import RPCTransport
internal import Testing

/// The cases of gRPC's interoperability test description that have a meaning here, between our client and our server.
///
/// Left out, because the protocol has no such thing: compression, caching, and credentials other than certificates;
/// HTTP/2's own negative cases are `RPCTransportTests`' attacks in our frames.
@Suite("gRPC interoperability cases", .timeLimit(.minutes(2)))
struct InteropTests {
  private static let requestSizes: [Int] = [27_182, 8, 1_828, 45_904]
  private static let responseSizes: [Int32] = [31_415, 9, 2_653, 58_979]
  /// Tabs, line ends, and characters beyond the basic plane.
  private static let specialMessage =
    "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"

  private static func error(_ body: () async throws -> Void) async -> RPCError? {
    await #expect(throws: RPCError.self) { try await body() }
  }

  private static func payload(_ size: Int) -> InteropPayload {
    .with { $0.body = [UInt8](repeating: 0, count: size) }
  }

  private static func pingRequest(_ index: Int) -> InteropStreamingOutputCallRequest {
    .with {
      $0.responseParameters = [.with { $0.size = Self.responseSizes[index] }]
      $0.payload = Self.payload(Self.requestSizes[index])
    }
  }

  @Test("empty_unary", arguments: Mode.available)
  func emptyUnary(mode: Mode) async throws {
    try await Connection.with(mode) { connection in
      let response = try await connection.test.emptyCall(InteropEmpty())
      #expect(response == InteropEmpty())
    }
  }

  @Test("large_unary", arguments: Mode.available)
  func largeUnary(mode: Mode) async throws {
    try await Connection.with(mode) { connection in
      let response = try await connection.test.unaryCall(
        .with {
          $0.responseSize = 314_159
          $0.payload = Self.payload(271_828)
        })
      #expect(response.payload?.body == [UInt8](repeating: 0, count: 314_159))
    }
  }

  @Test("client_streaming", arguments: Mode.available)
  func clientStreaming(mode: Mode) async throws {
    try await Connection.with(mode) { connection in
      let response = try await connection.test.streamingInputCall { requests in
        for size in Self.requestSizes {
          try await requests.send(.with { $0.payload = Self.payload(size) })
        }
      }
      #expect(response.aggregatedPayloadSize == 74_922)
    }
  }

  @Test("server_streaming", arguments: Mode.available)
  func serverStreaming(mode: Mode) async throws {
    try await Connection.with(mode) { connection in
      let responses = connection.test.streamingOutputCall(
        .with {
          $0.responseParameters = Self.responseSizes.map { size in .with { $0.size = size } }
        })
      var sizes: [Int32] = []
      for try await response in responses { sizes.append(Int32(response.payload?.body.count ?? 0)) }
      #expect(sizes == Self.responseSizes)
    }
  }

  @Test("ping_pong", arguments: Mode.available)
  func pingPong(mode: Mode) async throws {
    try await Connection.with(mode) { connection in
      let (answered, answer) = AsyncStream.makeStream(of: Void.self)
      let responses = connection.test.fullDuplexCall { requests in
        var answers = answered.makeAsyncIterator()
        for index in Self.requestSizes.indices {
          try await requests.send(Self.pingRequest(index))
          await answers.next()
        }
      }
      var sizes: [Int32] = []
      for try await response in responses {
        sizes.append(Int32(response.payload?.body.count ?? 0))
        answer.yield()
      }
      #expect(sizes == Self.responseSizes)
    }
  }

  @Test("empty_stream", arguments: Mode.available)
  func emptyStream(mode: Mode) async throws {
    try await Connection.with(mode) { connection in
      var count = 0
      for try await _ in connection.test.fullDuplexCall(requests: { _ in }) { count += 1 }
      #expect(count == 0)
    }
  }

  @Test("status_code_and_message and special_status_message", arguments: Mode.available)
  func status(mode: Mode) async throws {
    try await Connection.with(mode) { connection in
      for message in ["test status message", Self.specialMessage] {
        let status = InteropEchoStatus.with {
          $0.code = 2
          $0.message = message
        }
        let unary = await Self.error {
          _ = try await connection.test.unaryCall(.with { $0.responseStatus = status })
        }
        #expect(unary == RPCError(.unknown, message))
        let stream = await Self.error {
          let responses = connection.test.fullDuplexCall { requests in
            try await requests.send(.with { $0.responseStatus = status })
          }
          for try await _ in responses {}
        }
        #expect(stream == RPCError(.unknown, message))
      }
    }
  }

  @Test(
    "unimplemented_method and unimplemented_service", arguments: Mode.available,
    ["grpc.testing.TestService", "grpc.testing.UnimplementedService"])
  func unimplemented(mode: Mode, service: String) async throws {
    try await Connection.with(mode) { connection in
      for kind in [MethodKind.unary, .bidirectional] {
        let method = MethodDescriptor<InteropEmpty, InteropEmpty>(
          service: service, name: "UnimplementedCall", kind: kind, idempotency: .unknown)
        let error = await Self.error {
          if kind == .unary {
            _ = try await connection.client.unary(method, InteropEmpty(), RPCOptions())
          } else {
            for try await _ in connection.client.bidirectional(method, RPCOptions(), { _ in }) {}
          }
        }
        #expect(error?.code == .unimplemented)
      }
      // The connection is as good as before.
      _ = try await connection.test.emptyCall(InteropEmpty())
    }
  }

  @Test("custom_metadata, there and, with verbatim-rpc/1, back", arguments: Mode.available)
  func customMetadata(mode: Mode) async throws {
    try await Connection.with(mode) { connection in
      let initial = "test_initial_metadata_value"
      let binary = Data([0xab, 0xab, 0xab]).base64EncodedString()
      var options = RPCOptions(metadata: [
        InteropService.initialKey: initial, InteropService.trailingKey: binary,
      ])
      var ended = connection.service.ended.makeAsyncIterator()
      for method in ["UnaryCall", "FullDuplexCall"] {
        let said = RPCResponseMetadata()
        options.response = said
        if method == "UnaryCall" {
          _ = try await connection.test.unaryCall(InteropSimpleRequest(), options: options)
        } else {
          for try await _ in connection.test.fullDuplexCall(options: options, requests: { _ in }) {}
        }
        let call = try #require(await ended.next())
        #expect(call.method == method)
        #expect(call.metadata[InteropService.initialKey] == initial)
        #expect(call.metadata[InteropService.trailingKey] == binary)
        // Plain ttrpc has no place for them.
        let isExtended = mode == .extended
        #expect(said.metadata[InteropService.initialKey] == (isExtended ? initial : nil))
        #expect(said.trailers[InteropService.trailingKey] == (isExtended ? binary : nil))
      }
    }
  }

  @Test("timeout_on_sleeping_server", arguments: Mode.available)
  func timeout(mode: Mode) async throws {
    try await Connection.with(mode) { connection in
      // Connecting takes time too; without it the call may be over before the server has heard of it.
      _ = try await connection.test.emptyCall(InteropEmpty())
      var ended = connection.service.ended.makeAsyncIterator()
      #expect(await ended.next()?.method == "EmptyCall")
      let error = await Self.error {
        let responses = connection.test.fullDuplexCall(
          options: RPCOptions(timeout: .milliseconds(500))
        ) { requests in
          try await requests.send(
            .with {
              $0.responseParameters = [.with { $0.intervalUs = 600_000_000 }]
              $0.payload = Self.payload(27_182)
            })
        }
        for try await _ in responses {}
      }
      #expect(error?.code == .deadlineExceeded)
      // The deadline travels: the server stops too, whatever the client's protocol can tell it.
      #expect(await ended.next()?.wasCancelled == true)
    }
  }

  @Test("cancel_after_begin", arguments: Mode.available)
  func cancelAfterBegin(mode: Mode) async throws {
    try await Connection.with(mode) { connection in
      let (begun, begin) = AsyncStream.makeStream(of: Void.self)
      let call = Task {
        _ = try await connection.test.streamingInputCall { requests in
          try await requests.send(InteropStreamingInputCallRequest())
          begin.finish()
          // Nothing more, until the call is cancelled.
          for await _ in AsyncStream<Void>.makeStream().stream {}
        }
      }
      for await _ in begun {}
      call.cancel()
      await #expect(throws: CancellationError.self) { try await call.value }
      if mode == .extended {
        var ended = connection.service.ended.makeAsyncIterator()
        #expect(await ended.next()?.wasCancelled == true)
      }
    }
  }

  @Test("cancel_after_first_response", arguments: Mode.available)
  func cancelAfterFirstResponse(mode: Mode) async throws {
    try await Connection.with(mode) { connection in
      let responses = connection.test.fullDuplexCall { requests in
        try await requests.send(Self.pingRequest(0))
        for await _ in AsyncStream<Void>.makeStream().stream {}
      }
      for try await response in responses {
        #expect(response.payload?.body.count == Int(Self.responseSizes[0]))
        break
      }
      if mode == .extended {
        var ended = connection.service.ended.makeAsyncIterator()
        #expect(await ended.next()?.wasCancelled == true)
      }
      // What is left of the call does not hold up others.
      _ = try await connection.test.emptyCall(InteropEmpty())
    }
  }
}
