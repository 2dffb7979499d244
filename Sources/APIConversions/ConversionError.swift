/// A message of the API that does not say what it must. The sender's fault: asking again with the same message fails again.
public struct ConversionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Path of the field, such as `transcript.video.id`.
  public var field: String
  /// What is wrong with it.
  public var reason: String

  public init(_ field: String, _ reason: String) {
    self.field = field
    self.reason = reason
  }

  public var description: String { "\(self.field): \(self.reason)" }
}
