internal import Glibc
internal import Networking
internal import Protobuf
internal import RPC
internal import RPCTransport
internal import Telemetry

/// Measures calls between this package's RPC server and client over mutual TLS, one connection, one process each.
///
///     rpc-benchmark server PORT CERTIFICATES
///     rpc-benchmark load PORT CERTIFICATES [BYTES [SECONDS]]
///
/// CERTIFICATES is a folder from `deploy/certificates`. `run` beside this file does both.
///
/// And it is the load generator for servers of others (`peers` beside this file runs them):
///
///     rpc-benchmark unary ttrpc|grpc PORT CERTIFICATES BYTES IN_FLIGHT SECONDS
///     rpc-benchmark stream ttrpc|grpc PORT CERTIFICATES BYTES SECONDS
///     rpc-benchmark idle ttrpc|grpc PORT CERTIFICATES CONNECTIONS
@main
struct Main {
  static let unary = MethodDescriptor<ProtoBytesValue, ProtoBytesValue>(
    service: "bench.Echo", name: "Unary", kind: .unary, idempotency: .unknown)
  /// The request's eight bytes are two numbers, big endian: how many messages, and of how many bytes.
  static let stream = MethodDescriptor<ProtoBytesValue, ProtoBytesValue>(
    service: "bench.Echo", name: "Stream", kind: .serverStreaming, idempotency: .unknown)

  struct Echo: RPCService {
    static let serviceName = "bench.Echo"

    var handlers: [RPCHandler] {
      [
        RPCHandler(unary: Main.unary) { request, _ in request },
        RPCHandler(serverStreaming: Main.stream) { request, responses, _ in
          let numbers = stride(from: 0, to: 8, by: 4).map { start in
            request.value[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) }
          }
          let message = ProtoBytesValue.with { $0.value = [UInt8](repeating: 7, count: numbers[1]) }
          for _ in 0..<numbers[0] { try await responses.send(message) }
        },
      ]
    }
  }

  /// What services have around every call: it looks at metadata and deadline, and counts.
  struct Interceptor: RPCServerCallInterceptor {
    func around<Result: Sendable>(
      _ method: RPCMethod, _ context: RPCContext, next: (RPCContext) async throws -> Result
    ) async throws -> Result {
      guard context.deadline != nil, context.traceparent != nil else {
        throw RPCError(.invalidArgument, "a call has a deadline and a trace")
      }
      return try await next(context)
    }
  }

  static func main() async throws {
    let arguments = CommandLine.arguments
    if arguments.count >= 6, let peer = LoadRun.Peer(rawValue: arguments[2]),
      let port = UInt16(arguments[3])
    {
      let numbers = arguments[5...].compactMap { Double($0) }
      let folder = arguments[4]
      switch (arguments[1], numbers.count) {
      case ("unary", 3):
        return try await LoadRun.unary(
          peer, port, folder, bytes: Int(numbers[0]), inFlight: Int(numbers[1]),
          seconds: numbers[2])
      case ("stream", 2):
        return try await LoadRun.stream(
          peer, port, folder, bytes: Int(numbers[0]), seconds: numbers[1])
      case ("idle", 1):
        return try await LoadRun.idle(peer, port, folder, connections: Int(numbers[0]))
      default: break
      }
    }
    guard arguments.count >= 4, let port = UInt16(arguments[2]) else {
      print(
        "usage: rpc-benchmark server|load PORT CERTIFICATES [BYTES [SECONDS]], and more: see Main.swift"
      )
      exit(64)
    }
    let folder = arguments[3]
    if arguments[1] == "server" {
      try await Self.serve(port, folder)
    } else {
      try await Self.load(
        port, folder, bytes: arguments.count > 4 ? Int(arguments[4]) ?? 100 : 100,
        seconds: arguments.count > 5 ? Double(arguments[5]) ?? 2 : 2)
    }
  }

  @NetworkActor
  private static func serve(_ port: UInt16, _ folder: String) async throws {
    var options = RPCServerOptions()
    options.interceptors = [Interceptor()]
    let server = try RPCServer(
      address: "127.0.0.1", port: port,
      tls: .server(
        certificate: folder + "/gateway.pem", key: folder + "/gateway.key",
        clientAuthority: folder + "/ca.pem", protocols: RPCProtocol.names),
      services: [Echo()], options: options,
      allow: RPCAllowTable([(service: Echo.serviceName, identities: ["client"])]),
      metrics: MetricsRegistry())
    await server.run()
  }

  private static func load(_ port: UInt16, _ folder: String, bytes: Int, seconds: Double)
    async throws
  {
    let client = RPCClient(
      endpoints: [Endpoint(host: "localhost", port: port)],
      tls: try .client(
        authority: folder + "/ca.pem", certificate: folder + "/client.pem",
        key: folder + "/client.key", protocols: RPCProtocol.names), serverName: nil)
    let request = ProtoBytesValue.with { $0.value = [UInt8](repeating: 7, count: bytes) }
    let options = RPCOptions(timeout: .seconds(30), metadata: ["traceparent": "00-0-0-01"])
    var patient = options
    patient.waitForReady = true
    _ = try await client.unary(Self.unary, request, patient)
    for callers in [1, 64, 256] {
      for onLoop in [false, true] {
        let times = try await Self.measure(callers, onLoop: onLoop, seconds: seconds) {
          _ = try await client.unary(Self.unary, request, options)
        }
        print(
          "unary \(bytes) B, \(callers) in flight, callers on \(onLoop ? "the loop" : "the pool"):",
          "\(Int(Double(times.count) / seconds)) calls/s,",
          "p50 \(times[times.count / 2]) us, p99 \(times[times.count * 99 / 100]) us")
      }
    }
    let count = 1_000_000
    let start = ContinuousClock.now
    let two = [UInt32(count), UInt32(bytes)].flatMap { number in
      withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
    let responses = client.serverStreaming(Self.stream, .with { $0.value = two }, options)
    var received = 0
    for try await _ in responses { received += 1 }
    let rate = Double(received) / ((.now - start) / .seconds(1))
    print("server stream \(bytes) B: \(Int(rate)) messages/s")
    await client.close()
  }

  /// Makes calls from so many tasks at a time; the time of each in microseconds, sorted.
  private static func measure(
    _ callers: Int, onLoop: Bool, seconds: Double,
    _ call: @escaping @Sendable () async throws -> Void
  ) async throws -> [Int] {
    let begin = ContinuousClock.now + .milliseconds(300)
    let end = begin + .seconds(seconds)
    return try await withThrowingTaskGroup(of: [Int].self) { group in
      for _ in 0..<callers {
        if onLoop {
          group.addTask { try await Self.timesOnLoop(from: begin, to: end, call) }
        } else {
          group.addTask { try await Self.times(from: begin, to: end, call) }
        }
      }
      var all: [Int] = []
      for try await times in group { all += times }
      return all.sorted()
    }
  }

  /// Makes calls, one after another, where its caller runs.
  private static func times(
    from begin: ContinuousClock.Instant, to end: ContinuousClock.Instant,
    _ call: @Sendable () async throws -> Void
  ) async throws -> [Int] {
    var times: [Int] = []
    while true {
      let start = ContinuousClock.now
      if start > end { return times }
      try await call()
      if start > begin { times.append(Int((.now - start) / .microseconds(1))) }
    }
  }

  /// The same on the network thread, as a handler that calls on does.
  @NetworkActor
  private static func timesOnLoop(
    from begin: ContinuousClock.Instant, to end: ContinuousClock.Instant,
    _ call: @Sendable () async throws -> Void
  ) async throws -> [Int] {
    try await self.times(from: begin, to: end, call)
  }
}
