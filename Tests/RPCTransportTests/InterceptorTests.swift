internal import Networking
internal import Protobuf
internal import RPC
internal import RPCTransport
internal import Testing
internal import WireProtocol

@Suite("Interceptors")
struct InterceptorTests {
  /// Adds its name to the metadata of a call, and tells what came of it.
  private struct Marking: RPCClientInterceptor {
    let name: String
    let seen: Signal<String>

    func intercept<Result: Sendable>(
      _ method: RPCMethod, _ options: RPCOptions,
      next: @Sendable (RPCOptions) async throws -> Result
    ) async throws -> Result {
      var options = options
      options.metadata.append("mark", self.name)
      let result = try await next(options)
      await self.seen.send("\(self.name) \(method.name)")
      return result
    }
  }

  /// Refuses calls without a mark, and changes the context of others.
  private struct Checking: RPCServerInterceptor {
    func intercept(
      _ method: RPCMethod, _ input: RPCHandler.Input, _ output: RPCHandler.Output,
      _ context: RPCContext, next: RPCHandler.Streaming
    ) async throws {
      guard context.metadata["mark"] != nil else {
        throw RPCError(.permissionDenied, "no mark on \(method)")
      }
      var context = context
      context.metadata.append("checked", "yes")
      try await next(input, output, context)
    }
  }

  @Test("They wrap calls of both kinds, the first outermost")
  func order() async throws {
    let seen = Signal<String>()
    var clientOptions = RPCClientOptions()
    clientOptions.interceptors = [
      Marking(name: "outer", seen: seen), Marking(name: "inner", seen: seen),
    ]
    var options = RPCServerOptions()
    options.interceptors = [Checking()]
    try await withServer(options: options, clientOptions: clientOptions) { fixture in
      let text = try await fixture.describe(RPCOptions())
      #expect(text.contains("mark=outer&mark=inner&checked=yes"))
      let order = [await seen.next(), await seen.next()]
      #expect(order == ["inner Describe", "outer Describe"])
      let responses = fixture.client.serverStreaming(
        TestMethods.count, .with { $0.value = 3 }, RPCOptions())
      var received = 0
      for try await _ in responses { received += 1 }
      #expect(received == 3)
      let begun = [await seen.next(), await seen.next()]
      #expect(begun == ["inner Count", "outer Count"])
      let unmarked = fixture.client(tls: nil)
      let error = await rpcError {
        _ = try await unmarked.unary(TestMethods.echo, ProtoBytesValue(), RPCOptions())
      }
      #expect(error?.code == .permissionDenied)
      await unmarked.close()
    }
  }

  /// Tells what passes through it.
  private struct Counting: RPCServerCallInterceptor, RPCClientInterceptor {
    let seen: Signal<String>

    func around<Result: Sendable>(
      _ method: RPCMethod, _ context: RPCContext, next: (RPCContext) async throws -> Result
    ) async throws -> Result {
      await self.seen.send("answers \(method.name)")
      return try await next(context)
    }

    func intercept<Result: Sendable>(
      _ method: RPCMethod, _ options: RPCOptions,
      next: @Sendable (RPCOptions) async throws -> Result
    ) async throws -> Result {
      await self.seen.send("calls \(method.name)")
      return try await next(options)
    }

    func responses(
      _ method: RPCMethod, _ options: RPCOptions, _ responses: RPCRequests<[UInt8]>
    ) -> RPCRequests<[UInt8]> {
      RPCRequests {
        let iterator = Iterator(responses.makeAsyncIterator())
        return {
          let message = try await iterator.next()
          await self.seen.send(message == nil ? "end" : "response")
          return message
        }
      }
    }

    func requests(
      _ method: RPCMethod, _ requests: RPCResponses<[UInt8]>
    ) -> RPCResponses<[UInt8]> {
      RPCResponses {
        await self.seen.send("request")
        try await requests.send($0)
      }
    }

    /// Safety: an iteration is used by one task at a time.
    private final class Iterator: @unchecked Sendable {
      private var iterator: RPCRequests<[UInt8]>.AsyncIterator

      init(_ iterator: RPCRequests<[UInt8]>.AsyncIterator) { self.iterator = iterator }

      func next() async throws -> [UInt8]? { try await self.iterator.next() }
    }
  }

  @Test("On both sides they see calls of all kinds, and each message of a stream")
  func streams() async throws {
    let seen = Signal<String>()
    let counting = Counting(seen: seen)
    var options = RPCServerOptions()
    options.interceptors = [counting]
    var clientOptions = RPCClientOptions()
    clientOptions.interceptors = [counting]
    try await withServer(options: options, clientOptions: clientOptions) { fixture in
      _ = try await fixture.echo([1])
      #expect([await seen.next(), await seen.next()] == ["calls Echo", "answers Echo"])
      let responses = fixture.client.bidirectional(TestMethods.chat, RPCOptions()) { requests in
        try await requests.send(.with { $0.value = "a" })
        try await requests.send(.with { $0.value = "b" })
      }
      var texts: [String] = []
      for try await response in responses { texts.append(response.value) }
      #expect(texts == ["a", "b"])
      var told: [String] = []
      while told.last != "end" { told.append(await seen.next()) }
      #expect(told.filter { $0 == "request" }.count == 2)
      #expect(told.filter { $0 == "response" }.count == 2)
      #expect(told.contains("answers Chat") && told.contains("calls Chat"))
    }
  }

  @Test("Limits of callers and methods refuse what is too much, and say when to ask again")
  func limits() async throws {
    var options = RPCServerOptions()
    options.interceptors = [
      RPCConcurrencyLimits(maxPerPeer: 2, maxPerMethod: ["test.Service/Hold": 1])
    ]
    try await withServer(options: options) { fixture in
      let held = Task { try await fixture.hold("a") }
      _ = await fixture.service.began.next()
      let second = await rpcError { _ = try await fixture.hold("b") }
      #expect(second?.code == .resourceExhausted)
      #expect(second?.message.contains("Hold") == true)
      #expect(second?.retryAfter != nil)
      _ = try await fixture.echo([1])
      var stream = fixture.client.serverStreaming(
        TestMethods.holdStream, .with { $0.value = "s" }, RPCOptions()
      ).makeAsyncIterator()
      _ = try await stream.next(isolation: #isolation)
      let third = await rpcError { _ = try await fixture.describe(RPCOptions()) }
      #expect(third?.code == .resourceExhausted)
      #expect(third?.message.contains("127.0.0.1") == true)
      fixture.service.state.release("a")
      _ = try await held.value
      _ = try await fixture.describe(RPCOptions())
      fixture.service.state.release("s")
      while try await stream.next(isolation: #isolation) != nil {}
    }
  }

  @Test("A rule in code refuses calls by what it sees of them")
  func authorization() async throws {
    var options = RPCServerOptions()
    options.interceptors = [
      RPCAuthorization { method, context in
        method.name == "Echo" && context.metadata["tenant"] == nil
          ? RPCError(.permissionDenied, "no tenant") : nil
      }
    ]
    try await withServer(options: options) { fixture in
      let error = await rpcError { _ = try await fixture.echo([1]) }
      #expect(error?.message == "no tenant")
      let echoed = try await fixture.echo([1], RPCOptions(metadata: ["tenant": "7"]))
      #expect(echoed == [1])
    }
  }

  /// Does nothing, on the way.
  private struct Passing: RPCServerCallInterceptor {
    func around<Result: Sendable>(
      _ method: RPCMethod, _ context: RPCContext, next: (RPCContext) async throws -> Result
    ) async throws -> Result {
      try await next(context)
    }
  }

  @Test(
    "A handler begins on the network thread, through any number of interceptors",
    arguments: [0, 3])
  @NetworkActor
  func placeOfHandlers(interceptors: Int) async throws {
    struct Where: RPCService {
      static let serviceName = TestMethods.service
      let seen: Signal<Bool>
      var handlers: [RPCHandler] {
        [
          RPCHandler(unary: TestMethods.plain) { request, _ in
            let isThere = NetworkActor.shared.loop.isCurrent
            await self.seen.send(isThere)
            return request
          },
          RPCHandler(serverStreaming: TestMethods.count) { _, _, _ in
            let isThere = NetworkActor.shared.loop.isCurrent
            await self.seen.send(isThere)
          },
        ]
      }
    }
    let seen = Signal<Bool>()
    var options = RPCServerOptions()
    options.interceptors = .init(repeating: Passing(), count: interceptors)
    let server = try RPCServer(
      address: "127.0.0.1", port: 0, tls: nil, services: [Where(seen: seen)], options: options)
    let running = Task { await server.run() }
    let client = try await RawClient.connect(port: server.port)
    client.request(1, "Plain", [], [])
    client.request(3, "Count", .remoteClosed, [])
    let unary = await seen.next()
    let stream = await seen.next()
    #expect(unary && stream)
    client.close()
    running.cancel()
    await running.value
  }
}
