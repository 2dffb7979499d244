import Pipeline
import Testing

/// A worker that takes nothing but waits for work.
private actor Worker {
  let taking = TakingLoop()
  private var onSlot = Wake()
  private(set) var takes = 0
  private(set) var wasCancelled = false

  func run() async {
    await self.taking.run {
      await self.take()
    } onCancel: {
      await self.stop()
    }
  }

  func stop() {
    self.taking.stop()
    self.onSlot.wake()
  }

  private func take() async {
    while !self.taking.isStopped, !Task.isCancelled {
      self.takes += 1
      await self.onSlot.wait()
    }
    self.wasCancelled = Task.isCancelled
  }

  func begun() async { while self.takes == 0 { await Task.yield() } }
}

@Suite("Taking loop", .timeLimit(.minutes(1)))
struct TakingLoopTests {
  private let worker = Worker()

  @Test("A stop ends the loop")
  func stop() async {
    async let run: Void = self.worker.run()
    await self.worker.begun()
    await self.worker.stop()
    await run
    #expect(await self.worker.wasCancelled)
  }

  @Test("A loop that was stopped before it ran takes nothing")
  func stoppedBefore() async {
    await self.worker.stop()
    await self.worker.run()
    #expect(await self.worker.takes == 0)
  }

  @Test("Cancelling who runs it ends the loop")
  func cancel() async {
    let run = Task { await self.worker.run() }
    await self.worker.begun()
    run.cancel()
    await run.value
    #expect(await self.worker.wasCancelled)
  }
}
