public import Telemetry

/// What keeps a worker from getting on, by what it was doing; each is logged once, however often it is met.
public struct WorkerProblems<Step: Hashable & RawRepresentable & Sendable>: Sendable
where Step.RawValue == String {
  private let logger: Logger
  private let message: StaticString
  private var texts: [Step: String] = [:]

  /// - Parameter message: The sentence of the log lines, which are warnings.
  public init(_ message: StaticString, logger: Logger) {
    self.message = message
    self.logger = logger
  }

  /// The problem in one step, or nil.
  public subscript(step: Step) -> String? { self.texts[step] }

  /// One of them, for readiness; the same as long as none comes or goes. Nil: there is none.
  public var first: String? { self.texts.values.min() }

  /// `step` failed.
  public mutating func met(_ error: any Error, in step: Step) {
    let text = "\(error)"
    if self.texts[step] != text {
      self.logger.warning(self.message, [.event: step.rawValue, .error: text])
    }
    self.texts[step] = text
  }

  /// `step` worked.
  public mutating func solved(_ step: Step) { self.texts[step] = nil }
}
