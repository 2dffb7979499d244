/// How much a log line matters, least first.
public enum LogLevel: Int, Hashable, Sendable, CaseIterable, Comparable {
  /// Every step; for a debugging session.
  case trace
  /// What libraries tell about their work.
  case debug
  /// State that an operator follows: started, stopped, connected.
  case info
  /// Degraded, and handled.
  case warning
  /// Work is lost or parked: a person should look.
  case error

  /// The name in log lines and options, such as `warning`.
  public var name: String {
    switch self {
    case .trace: "trace"
    case .debug: "debug"
    case .info: "info"
    case .warning: "warning"
    case .error: "error"
    }
  }

  /// Nil when `name` is not the ``name`` of a level.
  public init?(name: some StringProtocol) {
    guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = level
  }

  public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }
}
