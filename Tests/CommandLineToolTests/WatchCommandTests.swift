internal import API
@testable internal import CommandLineTool
internal import Protobuf
internal import Foundation
internal import RPC
internal import Testing

@Suite("verbatim watch")
struct WatchCommandTests {
  /// A number that several calls count up.
  private final class Counter: @unchecked Sendable {
    // Safety: `lock` is held around each use of `count`.
    private let lock = NSLock()
    private var count = 0
    func next() -> Int {
      self.lock.withLock {
        self.count += 1
        return self.count
      }
    }
  }

  @Test("A log gets a line for a change, and the summary")
  func log() async {
    let shown = Milestone()
    var surroundings = ToolRun.Surroundings()
    let clock = surroundings.clock
    surroundings.onError = { _ in shown.reach() }
    var gateway = ScriptedGateway()
    gateway.watch = { _, responses in
      try await responses.send(
        Samples.update(
          Samples.job(done: 3, failed: 1, skipped: 2, queued: 4), rate: 2.04, remaining: 2.1))
      await shown.wait()
      clock.advance(by: .seconds(1))
      try await responses.send(
        Samples.update(Samples.job(state: .cancelled, done: 4, failed: 1, skipped: 2, cancelled: 3))
      )
    }
    gateway.videos = { _ in throw RPCError(.unavailable, "gone") }
    let run = await ToolRun.of("watch", "j1", gateway: gateway, in: surroundings)
    #expect(
      run.errors == """
        j1 Evening talks: 6/10, 1 failed, 2 skipped, 2.0/s, 0:02 left
        j1 Evening talks: 10/10, 1 failed, 2 skipped, cancelled
        warning: the reasons could not be read (UNAVAILABLE: gone)
        See them with: verbatim videos j1 --state failed

        """)
    #expect(
      run.output
        == "Evening talks: cancelled, 6 of 10 searchable, 2 of them since before, 1 failed, took 3.5 s\n"
    )
    #expect(run.exitCode == .endedWithFailures)
  }

  @Test("On a terminal a bar is drawn, drawn over, and taken away for the summary")
  func bar() async {
    let shown = Milestone()
    var surroundings = ToolRun.Surroundings()
    surroundings.terminal = 60
    let clock = surroundings.clock
    surroundings.onError = { _ in shown.reach() }
    var gateway = ScriptedGateway()
    gateway.watch = { _, responses in
      try await responses.send(Samples.update(Samples.job(done: 5, queued: 5)))
      await shown.wait()
      clock.advance(by: .milliseconds(100))
      try await responses.send(Samples.update(Samples.job(state: .done, done: 10)))
    }
    let run = await ToolRun.of("watch", "j1", "--color=never", gateway: gateway, in: surroundings)
    #expect(
      run.errors.hasPrefix("Evening talks  ▕████████████            ▏  5/10\n"), "\(run.errors)")
    #expect(run.errors.hasSuffix("\u{1b}[1A\r\u{1b}[J"), "\(run.errors)")
    #expect(run.output == "Evening talks: 10 videos searchable, took 3.5 s\n")
    #expect(run.exitCode == .ok)
  }

  @Test("A dumb terminal gets lines, not bars")
  func dumb() async {
    var surroundings = ToolRun.Surroundings()
    surroundings.terminal = 60
    surroundings.environment["TERM"] = "dumb"
    var gateway = ScriptedGateway()
    gateway.watch = { _, responses in
      try await responses.send(Samples.update(Samples.job(state: .done, done: 10)))
    }
    let run = await ToolRun.of("watch", "j1", gateway: gateway, in: surroundings)
    #expect(run.errors == "j1 Evening talks: 10/10, done\n")
    #expect(run.output == "Evening talks: 10 videos searchable, took 3.5 s\n")
  }

  @Test("A gateway that goes away is waited for, and the job followed on")
  func resumed() async {
    let calls = Counter()
    let surroundings = ToolRun.Surroundings()
    var gateway = ScriptedGateway()
    gateway.watch = { _, responses in
      switch calls.next() {
      case 1: try await responses.send(Samples.update(Samples.job(done: 1, queued: 1)))
      case 2, 3: throw RPCError(.unavailable, "connection refused")
      default: try await responses.send(Samples.update(Samples.job(state: .done, done: 2)))
      }
    }
    let run = await ToolRun.of("watch", "j1", gateway: gateway, in: surroundings)
    #expect(surroundings.clock.sleeps == [.milliseconds(250), .milliseconds(500), .seconds(1)])
    #expect(
      run.errors.contains(
        "The gateway is away (it ended the call); trying again for up to 1 min.\n"))
    #expect(run.errors.contains("The gateway is back.\n"))
    #expect(run.output == "Evening talks: 2 videos searchable, took 3.5 s\n")
    #expect(run.exitCode == .ok)
  }

  @Test("A gateway that stays away is given up after a bounded time")
  func givenUp() async {
    let surroundings = ToolRun.Surroundings()
    var gateway = ScriptedGateway()
    gateway.watch = { _, _ in throw RPCError(.unavailable, "connection refused") }
    let run = await ToolRun.of("watch", "j1", gateway: gateway, in: surroundings)
    #expect(
      run.errors == """
        The gateway is away (connection refused); trying again for up to 1 min.
        error: j1: connection refused
        hint: the job goes on when the services do: verbatim watch j1

        """)
    #expect(surroundings.clock.now >= JobFollower.patience)
    #expect(surroundings.clock.now < JobFollower.patience + JobFollower.maxBackoff)
    #expect(run.exitCode == .unavailable)
  }

  @Test("A job that is not there is told; the others are followed to their end")
  func notFound() async {
    var gateway = ScriptedGateway()
    gateway.watch = { id, responses in
      guard id == "j1" else { throw RPCError(.notFound, "there is no job \(id)") }
      try await responses.send(Samples.update(Samples.job(state: .done, done: 2)))
    }
    let run = await ToolRun.of("watch", "j9", "j1", gateway: gateway)
    #expect(run.errors.contains("error: j9: there is no job j9\nhint: `verbatim jobs` lists"))
    #expect(run.output == "Evening talks: 2 videos searchable, took 3.5 s\n")
    #expect(run.exitCode == .refused)
  }

  @Test("A job whose playlist could not be read is a failure with its reason")
  func failedJob() async {
    var gateway = ScriptedGateway()
    gateway.watch = { _, responses in
      try await responses.send(
        Samples.update(Samples.job(state: .failed, error: "the playlist is private")))
    }
    let run = await ToolRun.of("watch", "j1", gateway: gateway)
    #expect(run.output == "Evening talks: could not be indexed, took 3.5 s\n")
    #expect(run.errors.hasSuffix("warning: Evening talks: the playlist is private\n"))
    #expect(run.exitCode == .endedWithFailures)
  }

  @Test("JSON has a message for each change, and nothing else")
  func json() async {
    let calls = Counter()
    var gateway = ScriptedGateway()
    gateway.watch = { _, responses in
      let state: GatewayJobState = calls.next() == 1 ? .running : .done
      try await responses.send(Samples.update(Samples.job(state: state, done: 2), rate: 1.5))
    }
    let run = await ToolRun.of("watch", "j1", "--json", gateway: gateway)
    let lines = run.output.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(
      lines.allSatisfy {
        $0.hasPrefix(#"{"job":{"id":"j1""#) && $0.hasSuffix(#""videosPerSecond":1.5}"#)
      })
    #expect(run.exitCode == .ok)
  }

  @Test("Ctrl-C leaves the job running and says how to follow it", arguments: [nil, 80])
  func interrupted(terminal: Int?) async {
    let (interrupts, interrupt) = AsyncStream.makeStream(of: Void.self)
    var surroundings = ToolRun.Surroundings()
    surroundings.terminal = terminal
    surroundings.interrupts = interrupts
    surroundings.onError = { _ in interrupt.yield() }
    var gateway = ScriptedGateway()
    gateway.watch = { id, responses in
      try await responses.send(Samples.update(Samples.job(id, done: 1, queued: 1)))
      await Milestone().wait()
      throw CancellationError()
    }
    let run = await ToolRun.of("watch", "j1", "--color=never", gateway: gateway, in: surroundings)
    #expect(
      run.errors.hasSuffix(
        "The job goes on. Follow with: verbatim watch j1   Stop with: verbatim cancel j1\n"))
    #expect(run.output == "")
    #expect(run.exitCode == .interrupted)
  }

  @Test("Ctrl-C ends a call that does not answer")
  func interruptedCall() async {
    let (interrupts, interrupt) = AsyncStream.makeStream(of: Void.self)
    var surroundings = ToolRun.Surroundings()
    surroundings.interrupts = interrupts
    var gateway = ScriptedGateway()
    gateway.jobs = { _ in
      interrupt.yield()
      await Milestone().wait()
      throw CancellationError()
    }
    let run = await ToolRun.of("jobs", gateway: gateway, in: surroundings)
    #expect(run.errors == "")
    #expect(run.exitCode == .interrupted)
  }
}
