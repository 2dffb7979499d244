internal import Networking

/// Stops reading from a stream while any of its consumers is behind.
@NetworkActor
final class ReadGate {
  private let stream: Stream
  private var reasons = 0

  init(_ stream: Stream) { self.stream = stream }

  /// Whether reading has stopped.
  var isClosed: Bool { self.reasons > 0 }

  /// One more consumer is behind.
  func hold() {
    self.reasons += 1
    if self.reasons == 1 { self.stream.pauseReading(true) }
  }

  /// One consumer less is behind.
  func release() {
    self.reasons -= 1
    if self.reasons == 0 { self.stream.pauseReading(false) }
  }
}
