internal import Protobuf
public import RPC

/// `grpc.health.v1.Health`: tells callers and probes whether this process can take calls.
///
/// All services of a process are ready or not together, so one condition answers for each of them and for the process
/// (the empty name). ``run()`` has to run for `Watch`, which looks at the condition once in ``interval`` and costs nothing
/// while nobody watches.
public actor Health: HealthService {
  /// How often the condition is looked at while somebody watches.
  public static let interval = Duration.seconds(1)

  private let services: Set<String>
  private let isServing: @Sendable () async -> Bool
  private let sleep: @Sendable (Duration) async throws -> Void
  private var isStopping = false
  private var lastWatcher = 0
  private var watchers: [Int: AsyncStream<Bool>.Continuation] = [:]
  private let arrivals: AsyncStream<Void>
  private let arrival: AsyncStream<Void>.Continuation

  /// - Parameters:
  ///   - services: Full names of the other services of the process.
  ///   - isServing: Whether calls make progress now. Must end soon when it is cancelled.
  ///   - sleep: Waits between two looks; for tests.
  public init(
    services: [String], isServing: @escaping @Sendable () async -> Bool,
    sleep: @escaping @Sendable (Duration) async throws -> Void = {
      try await Task.sleep(for: $0, clock: .continuous)
    }
  ) {
    self.services = Set(services + ["", Self.serviceName])
    self.isServing = isServing
    self.sleep = sleep
    // One arrival is enough to look: which watchers there are is in `watchers`.
    (self.arrivals, self.arrival) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Tells watchers of changes until the task is cancelled.
  public func run() async {
    var arrivals = self.arrivals.makeAsyncIterator()
    while !Task.isCancelled {
      if self.watchers.isEmpty {
        guard await arrivals.next(isolation: self) != nil else { return }
        continue
      }
      let isServing = await self.current()
      for watcher in self.watchers.values { watcher.yield(isServing) }
      do { try await self.sleep(Self.interval) } catch {
        return  // Cancelled.
      }
    }
  }

  /// From now on nothing is served; calls of `Watch` say so and end, so that they do not hold up the stop.
  public func beginGracefulShutdown() {
    self.isStopping = true
    for watcher in self.watchers.values {
      watcher.yield(false)
      watcher.finish()
    }
    self.watchers = [:]
  }

  // MARK: Service

  public func check(
    _ request: HealthCheckRequest, context: RPCContext
  ) async throws -> HealthCheckResponse {
    guard self.services.contains(request.service) else {
      throw RPCError(
        .notFound,
        "this server has no service \(request.service.debugDescription); List names those it has")
    }
    return Self.response(await self.current())
  }

  public func list(
    _ request: HealthListRequest, context: RPCContext
  ) async throws -> HealthListResponse {
    let response = Self.response(await self.current())
    return .with { list in
      for service in self.services { list.statuses[service] = response }
    }
  }

  public func watch(
    _ request: HealthCheckRequest, responses: RPCResponses<HealthCheckResponse>,
    context: RPCContext
  ) async throws {
    // Only the newest matters to a watcher that is slow.
    let (changes, change) = AsyncStream.makeStream(
      of: Bool.self, bufferingPolicy: .bufferingNewest(1))
    self.lastWatcher += 1
    let id = self.lastWatcher
    if self.isStopping {
      change.finish()
    } else {
      self.watchers[id] = change
    }
    defer { self.watchers[id] = nil }
    guard self.services.contains(request.service) else {
      try await responses.send(.with { $0.status = .serviceUnknown })
      // It cannot appear while the process lives.
      for await _ in changes {}
      return
    }
    var last = await self.current()
    try await responses.send(Self.response(last))
    self.arrival.yield()
    for await isServing in changes where isServing != last {
      last = isServing
      try await responses.send(Self.response(isServing))
    }
  }

  private func current() async -> Bool {
    guard !self.isStopping else { return false }
    let isServing = await self.isServing()
    return isServing && !self.isStopping
  }

  private static func response(_ isServing: Bool) -> HealthCheckResponse {
    .with { $0.status = isServing ? .serving : .notServing }
  }
}
