internal import Networking

/// One timer for all that an object has to do in time.
///
/// Asking for a later time than is set costs nothing, so that a call may ask for its deadline and never take that back:
/// when the timer rings, its owner looks what is due, and says when to ring next.
@NetworkActor
final class WakeUp {
  private let timer = Timer()
  /// When it rings, if it is set. Not an optional, which costs several calls of the library to look at.
  private var due = ContinuousClock.now
  private var isSet = false
  private var onDue: (@NetworkActor (ContinuousClock.Instant) -> ContinuousClock.Instant?)?

  /// Says what to do when it rings: gets the present and returns when to ring next, or nil for not at all.
  func onDue(
    _ action: @escaping @NetworkActor (ContinuousClock.Instant) -> ContinuousClock.Instant?
  ) {
    self.onDue = action
  }

  /// Rings at `instant` or earlier.
  func ring(at instant: ContinuousClock.Instant) {
    if self.isSet, self.due <= instant { return }
    guard self.onDue != nil else { return }
    self.isSet = true
    self.due = instant
    self.timer.schedule(after: instant - .now) { [weak self] in self?.rings() }
  }

  /// Never rings again.
  func close() {
    self.onDue = nil
    self.timer.close()
  }

  private func rings() {
    self.isSet = false
    if let next = self.onDue?(.now) { self.ring(at: next) }
  }
}
