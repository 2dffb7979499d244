import Glibc
import Testing

@testable import Networking

@NetworkActor
@Suite("Event loop", .timeLimit(.minutes(1)))
struct EventLoopTests {
  @Test("Jobs that go on for ever keep neither sockets nor timers waiting")
  func busyJobs() async throws {
    let busy = Task { @NetworkActor in
      while !Task.isCancelled { await Task.yield() }
    }
    try await withEchoServer { server in
      let stream = try await server.connect()
      stream.send([1, 2, 3])
      #expect(await stream.receive(3).bytes == [1, 2, 3])
      stream.close()
    }
    let fired = Signal<Void>()
    let timer = Timer()
    timer.schedule(after: .milliseconds(1)) { fired.send(()) }
    await fired.next()
    busy.cancel()
    await busy.value
  }

  @Test("Work from many threads arrives, all of it")
  func manyThreads() async {
    let counter = Counter()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<64 {
        group.addTask { @concurrent in
          for _ in 0..<100 { await counter.count() }
        }
      }
    }
    #expect(counter.value == 6400)
  }

  @Test("A timer is never early, can be moved and can be cancelled")
  func timers() async {
    let fired = Signal<String>()
    let first = Timer()
    let start = ContinuousClock.now
    first.schedule(after: .milliseconds(1)) { fired.send("replaced") }
    first.schedule(after: .milliseconds(20)) { fired.send("first") }
    let second = Timer()
    second.schedule(after: .milliseconds(5)) { fired.send("cancelled") }
    second.cancel()
    var third: Timer? = Timer()
    third?.schedule(after: .milliseconds(5)) { fired.send("nobody holds it") }
    third = nil
    #expect(await fired.next() == "first")
    #expect(ContinuousClock.now - start >= .milliseconds(20))
    first.close()
    first.schedule(after: .zero) { fired.send("closed") }
    second.schedule(after: .milliseconds(1)) { fired.send("again") }
    #expect(await fired.next() == "again")
  }

  @Test("Writing happens once, after the jobs of the turn, also when a writer asks for another")
  func endOfTurn() async {
    let done = Signal<[String]>()
    var order: [String] = []
    let loop = NetworkActor.shared.loop
    loop.atEndOfTurn {
      order.append("first writer")
      loop.atEndOfTurn {
        order.append("second writer")
        done.send(order)
      }
    }
    order.append("job")
    #expect(await done.next() == ["job", "first writer", "second writer"])
  }

  @Test("Signals come as values, and only those asked for")
  func signals() async {
    let stream = Signals.stream(of: [SIGUSR1, SIGWINCH])
    kill(getpid(), SIGWINCH)
    var iterator = stream.makeAsyncIterator()
    #expect(await iterator.next() == SIGWINCH)
    kill(getpid(), SIGUSR1)
    #expect(await iterator.next() == SIGUSR1)
  }

  @Test("Who waits for signals from another thread catches the next one", .timeLimit(.minutes(1)))
  func signalsFromElsewhere() async {
    await Task.detached {
      for await number in Self.raised() {
        #expect(number == SIGUSR2)
        break
      }
    }.value
  }

  private nonisolated static func raised() -> AsyncStream<Int32> {
    let stream = Signals.stream(of: [SIGUSR2])
    kill(getpid(), SIGUSR2)
    return stream
  }

  @NetworkActor
  final class Counter {
    private(set) var value = 0
    nonisolated init() {}
    func count() { self.value += 1 }
  }
}
