internal import Glibc
internal import Networking

/// One measurement with the load generator: so many calls in flight on one connection, for a while.
@NetworkActor
enum LoadRun {
  /// What is not counted at the beginning.
  static let warmUp = Duration.milliseconds(400)

  /// The protocol of the server under load.
  enum Peer: String {
    case ttrpc, grpc

    func connect(
      _ port: UInt16, _ folder: String, _ method: LoadMethod
    ) async throws -> any LoadConnection {
      let tls = try TLSContext.client(
        authority: folder + "/ca.pem", certificate: folder + "/client.pem",
        key: folder + "/client.key", protocols: self == .grpc ? ["h2"] : [])
      switch self {
      case .ttrpc: return try await TTRPCLoad.connect(port, tls, method)
      case .grpc: return try await HTTP2Load.connect(port, tls, method)
      }
    }
  }

  /// Prints one line: `rate=… p50_us=… p99_us=…`, calls a second and their times.
  static func unary(
    _ peer: Peer, _ port: UInt16, _ folder: String, bytes: Int, inFlight: Int, seconds: Double
  ) async throws {
    let load = UnaryLoad(
      try await peer.connect(port, folder, .unary(bytes: bytes)), seconds: seconds)
    print(await load.run(inFlight: inFlight))
  }

  /// Prints one line: `rate=…`, messages a second of streams one after another.
  static func stream(
    _ peer: Peer, _ port: UInt16, _ folder: String, bytes: Int, seconds: Double
  ) async throws {
    let method = LoadMethod.stream(count: StreamLoad.messages, bytes: bytes)
    let load = StreamLoad(try await peer.connect(port, folder, method), seconds: seconds)
    print(await load.run())
  }

  /// Opens so many connections, makes one call on each, prints `open`, and keeps them until its input ends.
  static func idle(
    _ peer: Peer, _ port: UInt16, _ folder: String, connections: Int
  ) async throws {
    var open: [any LoadConnection] = []
    for _ in 0..<connections {
      let connection = try await peer.connect(port, folder, .unary(bytes: 100))
      await withCheckedContinuation { (over: CheckedContinuation<Void, Never>) in
        connection.onEnd = { _, failure in
          if let failure { Self.fail(failure) }
          over.resume()
        }
        connection.begin()
      }
      open.append(connection)
    }
    print("open")
    fflush(nil)
    // The network thread has nothing to do but this.
    while getchar() != EOF {}
    for connection in open { connection.close() }
  }

  static func fail(_ problem: String) -> Never {
    print("error: \(problem)")
    exit(1)
  }
}

/// Calls one after another, as many at a time as wanted.
@NetworkActor
private final class UnaryLoad {
  /// More than are ever in flight.
  private static let ring = 4096

  private let connection: any LoadConnection
  private let seconds: Double
  private let begin: ContinuousClock.Instant
  private let end: ContinuousClock.Instant
  private var begins = [ContinuousClock.Instant](repeating: .now, count: UnaryLoad.ring)
  /// In tenths of a microsecond.
  private var times: [Int32] = []
  private var next = 0
  private var open = 0
  private var over: CheckedContinuation<Void, Never>?

  init(_ connection: any LoadConnection, seconds: Double) {
    self.connection = connection
    self.seconds = seconds
    self.begin = .now + LoadRun.warmUp
    self.end = self.begin + .seconds(seconds)
    self.times.reserveCapacity(1 << 21)
  }

  func run(inFlight: Int) async -> String {
    self.connection.onEnd = { call, failure in self.ended(call, failure) }
    self.open = inFlight
    await withCheckedContinuation {
      self.over = $0
      for _ in 0..<inFlight { self.start(at: .now) }
    }
    self.connection.close()
    self.times.sort()
    let rate = Int(Double(self.times.count) / self.seconds)
    return "rate=\(rate) p50_us=\(self.quantile(50)) p99_us=\(self.quantile(99))"
  }

  private func quantile(_ percent: Int) -> Double {
    self.times.isEmpty ? 0 : Double(self.times[(self.times.count - 1) * percent / 100]) / 10
  }

  private func start(at now: ContinuousClock.Instant) {
    self.begins[self.next % Self.ring] = now
    self.next += 1
    self.connection.begin()
  }

  private func ended(_ call: Int, _ failure: String?) {
    if let failure { LoadRun.fail(failure) }
    let now = ContinuousClock.now
    if now >= self.begin, now < self.end {
      self.times.append(Int32((now - self.begins[call % Self.ring]) / .nanoseconds(100)))
    }
    if now < self.end { return self.start(at: now) }
    self.open -= 1
    if self.open == 0 { self.over?.resume() }
  }
}

/// Streams one after another.
@NetworkActor
private final class StreamLoad {
  /// Messages of one stream.
  static let messages = 65_536

  private let connection: any LoadConnection
  private let seconds: Double
  private var start = ContinuousClock.now
  /// Messages that came before the warm-up had ended; nil: it has not.
  private var before: Int?
  private var over: CheckedContinuation<String, Never>?

  init(_ connection: any LoadConnection, seconds: Double) {
    self.connection = connection
    self.seconds = seconds
  }

  func run() async -> String {
    self.connection.onEnd = { _, failure in self.ended(failure) }
    let line = await withCheckedContinuation {
      self.over = $0
      self.connection.begin()
    }
    self.connection.close()
    return line
  }

  private func ended(_ failure: String?) {
    if let failure { LoadRun.fail(failure) }
    let now = ContinuousClock.now
    let time = (now - self.start) / .seconds(1)
    guard let before else {
      if now - self.start >= LoadRun.warmUp {
        self.before = self.connection.messages
        self.start = now
      }
      return self.connection.begin()
    }
    guard time >= self.seconds else { return self.connection.begin() }
    self.over?.resume(returning: "rate=\(Int(Double(self.connection.messages - before) / time))")
  }
}
