import Pipeline
import Synchronization
import Telemetry
import Testing

@Suite("Worker problems")
struct WorkerProblemsTests {
  private enum Step: String { case take, report }
  private struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private final class Lines: Sendable {
    private let lines = Mutex<[LogLine]>([])
    var count: Int { self.lines.withLock { $0.count } }
    func add(_ line: LogLine) { self.lines.withLock { $0.append(line) } }
  }

  @Test("A problem is logged once, and again when it changes or comes back")
  func logs() {
    let lines = Lines()
    let logger = Logger(label: "test", sink: LogSink { lines.add($0) })
    var problems = WorkerProblems<Step>("It is held up.", logger: logger)
    problems.met(Failure(description: "away"), in: .take)
    problems.met(Failure(description: "away"), in: .take)
    #expect(lines.count == 1)
    problems.met(Failure(description: "full"), in: .take)
    #expect(lines.count == 2)
    problems.solved(.take)
    problems.met(Failure(description: "full"), in: .take)
    #expect(lines.count == 3)
  }

  @Test("Each step has its own; one of them is told as long as there is any")
  func steps() {
    var problems = WorkerProblems<Step>("It is held up.", logger: .disabled)
    #expect(problems.first == nil)
    problems.met(Failure(description: "b"), in: .take)
    problems.met(Failure(description: "a"), in: .report)
    #expect(problems.first == "a")
    #expect(problems[.take] == "b")
    problems.solved(.report)
    #expect(problems.first == "b")
    problems.solved(.take)
    #expect(problems.first == nil)
  }
}
