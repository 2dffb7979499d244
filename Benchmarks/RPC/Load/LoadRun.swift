internal import Glibc
internal import Networking

/// One measurement with the load generator: so many calls in flight on one connection, for a while.
@NetworkActor
enum LoadRun {
  /// What is not counted at the beginning.
  private static let warmUp = Duration.milliseconds(400)
  /// More than are ever in flight.
  private static let ring = 4096
  /// Messages of one stream.
  private static let streamMessages = 65_536

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
    let connection = try await peer.connect(port, folder, .unary(bytes: bytes))
    var begins = [ContinuousClock.Instant](repeating: .now, count: Self.ring)
    var times: [Int32] = []
    times.reserveCapacity(1 << 21)
    var next = 0
    var problem: String?
    let begin = ContinuousClock.now + Self.warmUp
    let end = begin + .seconds(seconds)
    await withCheckedContinuation { (over: CheckedContinuation<Void, Never>) in
      var open = inFlight
      func start(at now: ContinuousClock.Instant) {
        begins[next % Self.ring] = now
        next += 1
        connection.begin()
      }
      connection.onEnd = { call, failure in
        let now = ContinuousClock.now
        if let failure { problem = problem ?? failure }
        if now >= begin, now < end {
          times.append(Int32((now - begins[call % Self.ring]) / .nanoseconds(100)))
        }
        if now < end, problem == nil {
          start(at: now)
        } else {
          open -= 1
          if open == 0 { over.resume() }
        }
      }
      for _ in 0..<inFlight { start(at: .now) }
    }
    connection.close()
    if let problem { Self.fail(problem) }
    times.sort()
    let rate = Int(Double(times.count) / seconds)
    let p50 = Double(times[times.count / 2]) / 10
    let p99 = Double(times[times.count * 99 / 100]) / 10
    print("rate=\(rate) p50_us=\(p50) p99_us=\(p99)")
  }

  /// Prints one line: `rate=…`, messages a second of streams one after another.
  static func stream(
    _ peer: Peer, _ port: UInt16, _ folder: String, bytes: Int, seconds: Double
  ) async throws {
    let connection = try await peer.connect(
      port, folder, .stream(count: Self.streamMessages, bytes: bytes))
    var problem: String?
    var start = ContinuousClock.now
    var before = 0
    var isWarm = false
    var rate = 0
    await withCheckedContinuation { (over: CheckedContinuation<Void, Never>) in
      connection.onEnd = { _, failure in
        let now = ContinuousClock.now
        if let failure { problem = failure }
        if !isWarm, now - start >= Self.warmUp {
          isWarm = true
          start = now
          before = connection.messages
        }
        if problem != nil || (isWarm && now - start >= .seconds(seconds)) {
          rate = Int(Double(connection.messages - before) / ((now - start) / .seconds(1)))
          over.resume()
        } else {
          connection.begin()
        }
      }
      connection.begin()
    }
    connection.close()
    if let problem { Self.fail(problem) }
    print("rate=\(rate)")
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

  private static func fail(_ problem: String) -> Never {
    print("error: \(problem)")
    exit(1)
  }
}
