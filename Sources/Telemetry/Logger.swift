internal import Synchronization

/// Writes log lines: a constant sentence, and values under keys of ``LogKey``.
///
/// Copies are cheap and share level and destination. A line below the level costs one atomic load: its values
/// are not even computed. A sentence must be constant (it is what people search for) and neither it nor the
/// values may hold secrets or what is said in videos.
public struct Logger: Sendable {
  /// The longest value in a line, in bytes; what is longer is cut and marked with `…`.
  public static let maxValueBytes = 4096

  /// What copies of a logger share.
  private final class Shared: Sendable {
    let label: String
    let level: Atomic<Int>
    let sink: LogSink
    let clock: @Sendable () -> Int64

    init(label: String, level: Int, sink: LogSink, clock: @escaping @Sendable () -> Int64) {
      self.label = label
      self.level = Atomic(level)
      self.sink = sink
      self.clock = clock
    }
  }

  private let shared: Shared
  /// Put into every line, in order.
  private var bound: [(key: LogKey, value: String)] = []

  /// Makes a logger.
  ///
  /// - Parameters:
  ///   - label: The name of the service, in every line.
  ///   - level: Lines below it are dropped.
  ///   - sink: Where lines go.
  ///   - clock: Milliseconds since 1970; given by tests.
  public init(
    label: String, level: LogLevel = .info, sink: LogSink = .standardError(.json),
    clock: @escaping @Sendable () -> Int64 = Timestamp.nowMilliseconds
  ) {
    self.shared = Shared(label: label, level: level.rawValue, sink: sink, clock: clock)
  }

  private init(silent: Void) {
    self.shared = Shared(label: "", level: Int.max, sink: .discard, clock: { 0 })
  }

  /// Drops every line; for tests and for libraries used without logs.
  public static let disabled = Logger(silent: ())

  /// Lines below it are dropped. Setting it changes all copies at once, from any thread. Nil: all are dropped.
  public var level: LogLevel? {
    get { LogLevel(rawValue: self.shared.level.load(ordering: .relaxed)) }
    nonmutating set {
      self.shared.level.store(newValue?.rawValue ?? Int.max, ordering: .relaxed)
    }
  }

  /// Whether a line of this level would be written.
  public func isEnabled(_ level: LogLevel) -> Bool {
    level.rawValue >= self.shared.level.load(ordering: .relaxed)
  }

  /// A logger that puts `value` into every line.
  public func with(_ key: LogKey, _ value: String) -> Logger {
    var copy = self
    copy.bound.append((key, value))
    return copy
  }

  public func trace(
    _ message: StaticString, _ metadata: @autoclosure () -> [LogKey: String] = [:]
  ) {
    self.log(.trace, message, metadata())
  }

  public func debug(
    _ message: StaticString, _ metadata: @autoclosure () -> [LogKey: String] = [:]
  ) {
    self.log(.debug, message, metadata())
  }

  public func info(
    _ message: StaticString, _ metadata: @autoclosure () -> [LogKey: String] = [:]
  ) {
    self.log(.info, message, metadata())
  }

  public func warning(
    _ message: StaticString, _ metadata: @autoclosure () -> [LogKey: String] = [:]
  ) {
    self.log(.warning, message, metadata())
  }

  public func error(
    _ message: StaticString, _ metadata: @autoclosure () -> [LogKey: String] = [:]
  ) {
    self.log(.error, message, metadata())
  }

  /// Writes one line, when its level is enabled.
  public func log(
    _ level: LogLevel, _ message: StaticString, _ metadata: @autoclosure () -> [LogKey: String]
  ) {
    guard self.isEnabled(level) else { return }
    // Sorted, so that equal events give equal lines.
    let values = metadata().sorted { $0.key.rawValue < $1.key.rawValue }
    let line = LogLine(
      milliseconds: self.shared.clock(), level: level, service: self.shared.label,
      message: message.description,
      values: self.bound + values.map { (key: $0.key, value: $0.value) })
    self.shared.sink.write(line)
  }
}
