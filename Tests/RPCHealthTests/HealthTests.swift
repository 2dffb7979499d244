import Protobuf
import RPC
import RPCHealth
import RPCTestKit
import Testing

/// What a service says of itself, and when it is looked at: the test decides.
private actor Condition {
  private var serving = true
  private var looks: [CheckedContinuation<Void, any Error>] = []
  private var sleepers: [CheckedContinuation<Void, Never>] = []

  func isServing() -> Bool { self.serving }

  func set(_ serving: Bool) { self.serving = serving }

  /// What `Health` waits by between two looks.
  func sleep() async throws {
    for sleeper in self.sleepers { sleeper.resume() }
    self.sleepers = []
    try await withTaskCancellationHandler {
      try Task.checkCancellation()
      try await withCheckedThrowingContinuation { self.looks.append($0) }
    } onCancel: {
      Task { await self.cancel() }
    }
  }

  /// Lets it look once more.
  func look() async {
    while self.looks.isEmpty { await withCheckedContinuation { self.sleepers.append($0) } }
    for look in self.looks { look.resume() }
    self.looks = []
  }

  private func cancel() {
    for look in self.looks { look.resume(throwing: CancellationError()) }
    self.looks = []
  }
}

@Suite("Health", .timeLimit(.minutes(1)))
struct HealthTests {
  private static func with(
    _ body: (Health, HealthClient, Condition) async throws -> Void
  ) async throws {
    let condition = Condition()
    let health = Health(services: ["a.B"]) {
      await condition.isServing()
    } sleep: { _ in
      try await condition.sleep()
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await health.run() }
      try await body(health, HealthClient(ServiceChannel(service: health)), condition)
      group.cancelAll()
    }
  }

  @Test(
    "The process, its services and the health service itself are as the condition is",
    arguments: ["", "a.B", "grpc.health.v1.Health"])
  func check(service: String) async throws {
    try await Self.with { _, client, condition in
      let request = HealthCheckRequest.with { $0.service = service }
      let ready = try await client.check(request).status
      #expect(ready == .serving)
      await condition.set(false)
      let later = try await client.check(request).status
      #expect(later == .notServing)
    }
  }

  @Test("A service that is not here is not found, and the error names List")
  func unknown() async throws {
    try await Self.with { _, client, _ in
      let error = await #expect(throws: RPCError.self) {
        try await client.check(.with { $0.service = "a.C" })
      }
      #expect(error?.code == .notFound)
      #expect(error?.message.contains("\"a.C\"") == true)
    }
  }

  @Test("List has every service once")
  func list() async throws {
    try await Self.with { _, client, _ in
      let statuses = try await client.list(HealthListRequest()).statuses
      #expect(Set(statuses.keys) == ["", "a.B", "grpc.health.v1.Health"])
      #expect(statuses.values.allSatisfy { $0.status == .serving })
    }
  }

  @Test("A watcher is told the present, then each change and nothing else, then the stop")
  func watch() async throws {
    try await Self.with { health, client, condition in
      var updates = client.watch(.with { $0.service = "a.B" }).makeAsyncIterator()
      let first = try await updates.next()?.status
      #expect(first == .serving)
      await condition.look()
      await condition.set(false)
      await condition.look()
      let second = try await updates.next()?.status
      #expect(second == .notServing)
      await condition.set(true)
      await condition.look()
      let third = try await updates.next()?.status
      #expect(third == .serving)
      await health.beginGracefulShutdown()
      let fourth = try await updates.next()?.status
      #expect(fourth == .notServing)
      let end = try await updates.next()
      #expect(end == nil)
    }
  }

  @Test("Who watches a service that is not here is told so, and waits for the stop")
  func watchUnknown() async throws {
    try await Self.with { health, client, _ in
      var updates = client.watch(.with { $0.service = "a.C" }).makeAsyncIterator()
      let first = try await updates.next()?.status
      #expect(first == .serviceUnknown)
      await health.beginGracefulShutdown()
      let end = try await updates.next()
      #expect(end == nil)
    }
  }

  @Test("A process that stops serves nothing, and a new watch ends at once")
  func stopping() async throws {
    try await Self.with { health, client, _ in
      await health.beginGracefulShutdown()
      let status = try await client.check(HealthCheckRequest()).status
      #expect(status == .notServing)
      var seen: [HealthCheckResponse.ServingStatus] = []
      for try await update in client.watch(HealthCheckRequest()) { seen.append(update.status) }
      #expect(seen == [.notServing])
    }
  }
}
