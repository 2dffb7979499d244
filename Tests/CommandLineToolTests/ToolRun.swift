internal import API
@testable internal import CommandLineTool
internal import Foundation
internal import RPC
internal import RPCTestKit

/// One run of the tool against a scripted gateway, and what it wrote.
final class ToolRun: Sendable {
  let exitCode: ExitCode
  let output: String
  let errors: String

  private init(_ exitCode: ExitCode, _ output: String, _ errors: String) {
    self.exitCode = exitCode
    self.output = output
    self.errors = errors
  }

  /// What surrounds a run.
  struct Surroundings: Sendable {
    /// Columns of the terminal that both outputs are; nil: they are no terminal.
    var terminal: Int?
    var environment = ["LANG": "en_US.UTF-8", "TERM": "xterm"]
    var files: [String: String] = [:]
    /// What comes on standard input, piece by piece.
    var input: [String] = []
    var interrupts = AsyncStream<Void> { _ in }
    var clock = TestClock()
    var connect: (@Sendable (ConnectionSettings) throws -> GatewayConnection)?
    /// Called with each text that goes to standard error.
    var onError: @Sendable (String) -> Void = { _ in }
  }

  static func of(
    _ line: String..., gateway: ScriptedGateway = ScriptedGateway(),
    pipeline: ScriptedPipeline = ScriptedPipeline(), sync: ScriptedSync = ScriptedSync(),
    in surroundings: Surroundings = Surroundings()
  ) async -> ToolRun {
    await Self.of(
      line: line, gateway: gateway, pipeline: pipeline, sync: sync, in: surroundings)
  }

  static func of(
    line: [String], gateway: ScriptedGateway = ScriptedGateway(),
    pipeline: ScriptedPipeline = ScriptedPipeline(), sync: ScriptedSync = ScriptedSync(),
    in surroundings: Surroundings = Surroundings()
  ) async -> ToolRun {
    let output = Log()
    let errors = Log { surroundings.onError($0) }
    let isTerminal = surroundings.terminal != nil
    let columns: @Sendable () -> Int = { surroundings.terminal ?? 80 }
    let input = Input(surroundings.input)
    let tool = Tool(
      console: Console(
        output: Console.Output(isTerminal: isTerminal, columns: columns) { output.append($0) },
        errors: Console.Output(isTerminal: isTerminal, columns: columns) { errors.append($0) }),
      environment: surroundings.environment, clock: surroundings.clock.toolClock,
      readFile: { path in
        guard let text = surroundings.files[path] else { throw NoFile() }
        return text
      },
      readInput: { await input.next() },
      connect: surroundings.connect
        ?? { _ in GatewayConnection(channel: ServiceChannel(services: [gateway, pipeline, sync])) })
    let exitCode = await tool.run(line, interrupts: surroundings.interrupts)
    return ToolRun(exitCode, output.text, errors.text)
  }

  private struct NoFile: Error, CustomStringConvertible { let description = "no such file" }
}

/// Standard input, given out piece by piece.
private actor Input {
  private var pieces: [String]

  init(_ pieces: [String]) { self.pieces = pieces }

  func next() -> [UInt8]? { self.pieces.isEmpty ? nil : Array(self.pieces.removeFirst().utf8) }
}

/// Text that several tasks write.
final class Log: @unchecked Sendable {
  // Safety: `lock` is held around each use of `content`.
  private let lock = NSLock()
  private var content = ""
  private let onAppend: @Sendable (String) -> Void

  init(onAppend: @escaping @Sendable (String) -> Void = { _ in }) { self.onAppend = onAppend }

  var text: String { self.lock.withLock { self.content } }

  func append(_ text: String) {
    self.lock.withLock { self.content += text }
    self.onAppend(text)
  }
}

/// Time that passes only by sleeping, which takes no time.
final class TestClock: @unchecked Sendable {
  /// 2026-01-01 00:00:00 UTC.
  static let unixSeconds: Int64 = 1_767_225_600

  // Safety: `lock` is held around each use of the variables.
  private let lock = NSLock()
  private var time = Duration.zero
  private var slept: [Duration] = []

  var sleeps: [Duration] { self.lock.withLock { self.slept } }
  var now: Duration { self.lock.withLock { self.time } }
  func advance(by duration: Duration) { self.lock.withLock { self.time += duration } }

  var toolClock: ToolClock {
    ToolClock(
      now: { self.now }, unixSeconds: { Self.unixSeconds },
      sleep: { duration in
        try Task.checkCancellation()
        self.lock.withLock {
          self.time += duration
          self.slept.append(duration)
        }
      },
      tick: { _ in
        // Never, until the end: tests look when something has happened.
        await Milestone().wait()
        throw CancellationError()
      })
  }
}

/// A point that one task reaches and another waits for.
final class Milestone: Sendable {
  private let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() { (self.stream, self.continuation) = AsyncStream.makeStream() }

  func reach() { self.continuation.finish() }

  /// Returns when it is reached, or when the task is cancelled.
  func wait() async { for await _ in self.stream {} }
}
