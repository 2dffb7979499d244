/// Time as the tool sees it.
package struct ToolClock: Sendable {
  /// Time since some moment that stays the same.
  package let now: @Sendable () -> Duration
  /// Seconds since 1970.
  package let unixSeconds: @Sendable () -> Int64
  /// Waits, or throws `CancellationError`.
  package let sleep: @Sendable (Duration) async throws -> Void
  /// Waits until it is time to look at progress again, or throws `CancellationError`. The same as ``sleep``, but for tests.
  package let tick: @Sendable (Duration) async throws -> Void

  /// A clock of your own, for tests.
  package init(
    now: @escaping @Sendable () -> Duration, unixSeconds: @escaping @Sendable () -> Int64,
    sleep: @escaping @Sendable (Duration) async throws -> Void,
    tick: @escaping @Sendable (Duration) async throws -> Void
  ) {
    self.now = now
    self.unixSeconds = unixSeconds
    self.sleep = sleep
    self.tick = tick
  }
}
