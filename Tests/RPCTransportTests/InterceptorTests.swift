internal import Networking
internal import Protobuf
internal import RPC
internal import RPCTransport
internal import Testing

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
}
