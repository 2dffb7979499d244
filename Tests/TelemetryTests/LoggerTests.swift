internal import Synchronization
internal import Telemetry
internal import Testing

@Suite("Logger")
struct LoggerTests {
  /// Keeps what is logged.
  private final class Lines: Sendable {
    let lines = Mutex<[LogLine]>([])
    var sink: LogSink { LogSink { line in self.lines.withLock { $0.append(line) } } }
    var all: [LogLine] { self.lines.withLock { $0 } }
  }

  @Test("Lines below the level are not written, the others with their values")
  func levels() {
    let lines = Lines()
    let logger = Logger(label: "test", level: .warning, sink: lines.sink)
    logger.info("Not this.")
    logger.error("This.", [.videoID: "dQw4w9WgXcQ"])
    #expect(lines.all.map(\.message) == ["This."])
    #expect(lines.all.first?.values.first?.value == "dQw4w9WgXcQ")
  }

  @Test("A logger with a value adds it to each line")
  func context() {
    let lines = Lines()
    Logger(label: "test", sink: lines.sink).with(.jobID, "j1").info("Done.", [.count: "3"])
    #expect(Set(lines.all[0].values.map(\.key)) == [.jobID, .count])
  }

  @Test("A disabled logger writes nothing")
  func disabled() {
    #expect(!Logger.disabled.isEnabled(.error))
  }
}
