internal import Networking
internal import Protobuf
internal import RPC
internal import RPCTransport
internal import TestKit
internal import Testing

/// Handlers that call on: deadline, cancellation, trace and metadata go with their calls by themselves.
@Suite("Calls within calls")
struct PropagationTests {
  /// Passes calls on to another server, with options that say nothing.
  private struct Forwarding: RPCService {
    static let serviceName = "test.Forwarding"
    static let hold = MethodDescriptor<ProtoStringValue, ProtoStringValue>(
      service: Self.serviceName, name: "Hold", kind: .unary, idempotency: .unknown)
    static let describe = MethodDescriptor<ProtoStringValue, ProtoStringValue>(
      service: Self.serviceName, name: "Describe", kind: .unary, idempotency: .unknown)
    static let holdStream = MethodDescriptor<ProtoStringValue, ProtoStringValue>(
      service: Self.serviceName, name: "HoldStream", kind: .serverStreaming, idempotency: .unknown)

    let client: RPCClient

    var handlers: [RPCHandler] {
      [
        RPCHandler(unary: Self.hold) { request, _ in
          try await self.client.unary(TestMethods.hold, request, RPCOptions())
        },
        RPCHandler(unary: Self.describe) { request, _ in
          try await self.client.unary(TestMethods.describe, request, RPCOptions())
        },
        RPCHandler(serverStreaming: Self.holdStream) { request, responses, _ in
          for try await response in self.client.serverStreaming(
            TestMethods.holdStream, request, RPCOptions())
          {
            try await responses.send(response)
          }
        },
      ]
    }
  }

  /// A client of a server that calls on to the fixture's.
  @NetworkActor
  private func withForwarding(
    serverOptions: RPCServerOptions = RPCServerOptions(),
    clientOptions: RPCClientOptions = RPCClientOptions(),
    _ body: @NetworkActor (RPCClient, Fixture) async throws -> Void
  ) async throws {
    let transport = TestCertificates.isAvailable ? Transport.mutualTLS : .plain
    try await withServer(transport, clientOptions: clientOptions) { fixture in
      let server = try RPCServer(
        address: "127.0.0.1", port: 0, tls: try transport.serverTLS(),
        services: [Forwarding(client: fixture.client)], options: serverOptions)
      let running = Task { await server.run() }
      let client = RPCClient(
        endpoints: [Endpoint(host: "127.0.0.1", port: server.port)],
        tls: try transport.clientTLS(), serverName: nil)
      let result: Result<Void, any Error>
      do { result = .success(try await body(client, fixture)) } catch { result = .failure(error) }
      await client.close()
      running.cancel()
      await running.value
      try result.get()
    }
  }

  @Test(
    "Cancelling a call cancels what its handler waits for, on the other server",
    .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"))
  func cancellation() async throws {
    try await self.withForwarding { client, fixture in
      let unary = Task {
        try await client.unary(Forwarding.hold, .with { $0.value = "a" }, RPCOptions())
      }
      _ = await fixture.service.began.next()
      unary.cancel()
      #expect(await fixture.service.cancelled.next() == "a")
      let stream = Task {
        for try await _ in client.serverStreaming(
          Forwarding.holdStream, .with { $0.value = "b" }, RPCOptions())
        {}
      }
      _ = await fixture.service.began.next()
      stream.cancel()
      #expect(await fixture.service.cancelled.next() == "b")
    }
  }

  @Test("A call within a call has no more time than is left")
  func deadline() async throws {
    try await self.withForwarding { client, fixture in
      repeat {
        let error = await rpcError {
          _ = try await client.unary(
            Forwarding.hold, .with { $0.value = "a" }, RPCOptions(timeout: .milliseconds(40)))
        }
        #expect(error?.code == .deadlineExceeded)
      } while fixture.service.began.count == 0
      #expect(await fixture.service.cancelled.next() == "a")
    }
  }

  @Test("A call within a call carries the trace and what is listed on, and nothing else")
  func metadata() async throws {
    var clientOptions = RPCClientOptions()
    clientOptions.propagatedMetadata.append("tenant")
    let trace = TraceContext.root(isSampled: true)
    try await self.withForwarding(clientOptions: clientOptions) { client, _ in
      let text = try await client.unary(
        Forwarding.describe, ProtoStringValue(),
        RPCOptions(metadata: [
          "traceparent": trace.traceparent, "tenant": "7", "authorization": "Bearer secret",
        ])
      ).value
      #expect(text.contains("traceparent=\(trace.traceparent)"))
      #expect(text.contains("tenant=7"))
      #expect(!text.contains("secret"))
    }
  }

  @Test("Spans of both sides make one trace, each within the one before")
  func tracing() async throws {
    let spans = Signal<RPCSpan>()
    let tracing = RPCTracing(sampledPart: 1) { span in Task { await spans.send(span) } }
    var serverOptions = RPCServerOptions()
    serverOptions.interceptors = [tracing]
    var clientOptions = RPCClientOptions()
    clientOptions.interceptors = [tracing]
    try await self.withForwarding(serverOptions: serverOptions, clientOptions: clientOptions) {
      client, _ in
      let text = try await client.unary(
        Forwarding.describe, ProtoStringValue(), RPCOptions()
      ).value
      let both = [await spans.next(), await spans.next()]
      let outer = try #require(both.first { $0.kind == .server })
      let inner = try #require(both.first { $0.kind == .client })
      #expect(outer.parentSpanID == nil)
      #expect(inner.parentSpanID == outer.trace.spanID)
      #expect(inner.trace.traceIDText == outer.trace.traceIDText)
      #expect(text.contains("traceparent=\(inner.trace.traceparent)"))
    }
  }

  @Test("Work that is to outlive its call can leave the call behind")
  func leaving() async throws {
    try await withServer { fixture in
      let context = RPCContext(deadline: .now - .seconds(1))
      let late = await rpcError {
        _ = try await RPCContext.withCurrent(context) { try await fixture.echo([1]) }
      }
      #expect(late?.code == .deadlineExceeded)
      let echoed = try await RPCContext.withCurrent(context) {
        try await RPCContext.withCurrent(nil) { try await fixture.echo([1]) }
      }
      #expect(echoed == [1])
    }
  }

  @Test(
    "A traceparent is read as W3C has it",
    arguments: [
      ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true),
      ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", true),
      ("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-comes-later", true),
      ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", false),
      ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
      ("00-00000000000000000000000000000000-b7ad6b7169203331-01", false),
      ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false),
      ("00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01", false),
      ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", false), ("", false),
    ])
  func traceparent(_ text: String, isGood: Bool) {
    let trace = TraceContext(text)
    #expect((trace != nil) == isGood)
    if text.hasPrefix("00"), let trace {
      #expect(trace.traceparent == text)
      let child = trace.child()
      #expect(child.traceIDText == trace.traceIDText && child.spanID != trace.spanID)
    }
  }
}
