internal import Glibc
import ServiceRuntime
import Telemetry
import Testing

/// A part that runs until it is told to stop, and then until it is let go.
private actor Part {
  let name: String
  private let journal: Journal
  private var isStopping = false
  private let finishesAtOnce: Bool
  private var waiting: CheckedContinuation<Void, Never>?

  init(_ name: String, _ journal: Journal, finishesAtOnce: Bool = true) {
    self.name = name
    self.journal = journal
    self.finishesAtOnce = finishesAtOnce
  }

  nonisolated var part: ServicePart {
    ServicePart(self.name) {
      await self.run()
    } beginGracefulShutdown: {
      await self.stop()
    }
  }

  func run() async {
    await self.journal.add("\(self.name) runs")
    await withTaskCancellationHandler {
      if !self.isStopping || !self.finishesAtOnce, !Task.isCancelled {
        await withCheckedContinuation { self.waiting = $0 }
      }
    } onCancel: {
      Task { await self.letGo() }
    }
    await self.journal.add("\(self.name) \(Task.isCancelled ? "was cancelled" : "ended")")
  }

  private func stop() async {
    await self.journal.add("\(self.name) is told")
    self.isStopping = true
    if self.finishesAtOnce { self.letGo() }
  }

  func letGo() {
    self.waiting?.resume()
    self.waiting = nil
  }
}

private actor Journal {
  private(set) var lines: [String] = []
  private var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

  func add(_ line: String) {
    self.lines.append(line)
    for watcher in self.watchers where watcher.count <= self.lines.count {
      watcher.continuation.resume()
    }
    self.watchers.removeAll { $0.count <= self.lines.count }
  }

  func reached(_ count: Int) async {
    guard self.lines.count < count else { return }
    await withCheckedContinuation { self.watchers.append((count, $0)) }
  }
}

@Suite("Service group", .timeLimit(.minutes(1)))
struct ServiceGroupTests {
  private let journal = Journal()

  private func group(_ parts: [ServicePart], timeout: Duration = .seconds(60)) -> ServiceGroup {
    ServiceGroup(parts, shutdownTimeout: timeout, logger: .disabled)
  }

  @Test("A signal stops every part in order, and the outside is told first")
  func signal() async throws {
    let (signals, send) = AsyncStream.makeStream(of: Int32.self)
    let group = self.group([
      Part("worker", self.journal).part, Part("server", self.journal).part,
    ])
    async let run: Void = group.run(signals: signals) {
    } onShutdown: {
      await self.journal.add("not ready")
    }
    await self.journal.reached(2)
    send.yield(SIGTERM)
    try await run
    let lines = await self.journal.lines
    #expect(Set(lines.prefix(2)) == ["worker runs", "server runs"])
    let told = lines.filter { $0.hasSuffix("is told") || $0 == "not ready" }
    #expect(told == ["not ready", "worker is told", "server is told"])
    #expect(lines.contains("worker ended") && lines.contains("server ended"))
  }

  @Test("A part that ends by itself ends the service, and is named")
  func unexpectedEnd() async {
    struct Broken: Error, CustomStringConvertible { let description = "it broke" }
    let (signals, _) = AsyncStream.makeStream(of: Int32.self)
    let broken = ServicePart("worker") {
      throw Broken()
    } beginGracefulShutdown: {
    }
    let group = self.group([broken, Part("server", self.journal).part])
    await #expect {
      try await group.run(signals: signals)
    } throws: {
      "\($0)" == "The worker ended: it broke"
    }
    #expect(await self.journal.lines.contains("server ended"))
  }

  @Test("What does not finish in time is cancelled")
  func timeout() async throws {
    let (signals, send) = AsyncStream.makeStream(of: Int32.self)
    let slow = Part("worker", self.journal, finishesAtOnce: false)
    let group = self.group([slow.part], timeout: .milliseconds(10))
    async let run: Void = group.run(signals: signals)
    await self.journal.reached(1)
    send.yield(SIGTERM)
    try await run
    #expect(await self.journal.lines.last == "worker was cancelled")
  }

  @Test("A second signal does not wait")
  func secondSignal() async throws {
    let (signals, send) = AsyncStream.makeStream(of: Int32.self)
    let slow = Part("worker", self.journal, finishesAtOnce: false)
    let group = self.group([slow.part])
    async let run: Void = group.run(signals: signals)
    await self.journal.reached(1)
    send.yield(SIGINT)
    await self.journal.reached(2)
    send.yield(SIGINT)
    try await run
    #expect(await self.journal.lines.last == "worker was cancelled")
  }

  @Test("SIGHUP reloads and stops nothing")
  func reload() async throws {
    let (signals, send) = AsyncStream.makeStream(of: Int32.self)
    let group = self.group([Part("server", self.journal).part])
    async let run: Void = group.run(signals: signals) { await self.journal.add("reloaded") }
    await self.journal.reached(1)
    send.yield(SIGHUP)
    await self.journal.reached(2)
    send.yield(SIGHUP)
    await self.journal.reached(3)
    send.yield(SIGTERM)
    try await run
    #expect(
      await self.journal.lines
        == ["server runs", "reloaded", "reloaded", "server is told", "server ended"])
  }

  @Test("Upkeep goes on until all others have ended")
  func upkeep() async throws {
    let (signals, send) = AsyncStream.makeStream(of: Int32.self)
    let worker = Part("worker", self.journal, finishesAtOnce: false)
    let upkeep = Part("upkeep", self.journal, finishesAtOnce: false)
    let group = self.group([
      worker.part,
      .upkeep("upkeep") { await upkeep.run() },
    ])
    async let run: Void = group.run(signals: signals)
    await self.journal.reached(2)
    send.yield(SIGTERM)
    await self.journal.reached(3)
    #expect(await self.journal.lines.last == "worker is told")
    await worker.letGo()
    try await run
    #expect(await self.journal.lines.suffix(2) == ["worker ended", "upkeep was cancelled"])
  }

}
