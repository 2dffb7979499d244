internal import Glibc

/// A value that may be touched only while its lock is held.
///
/// `Synchronization.Mutex` would do, but ThreadSanitizer does not understand it on Linux (Swift 6.3)
/// and reports every use.
///
/// Safety: `value` is reached through ``withLock(_:)`` only.
///
/// Networking, Telemetry and SQLiteIndex have one each: each can be taken alone, and needs no module for twenty lines.
final class Locked<Value>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let value = UnsafeMutablePointer<Value>.allocate(capacity: 1)

  init(_ value: Value) {
    self.value.initialize(to: value)
    pthread_mutex_init(self.mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(self.mutex)
    self.mutex.deallocate()
    self.value.deinitialize(count: 1)
    self.value.deallocate()
  }

  func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    pthread_mutex_lock(self.mutex)
    defer { pthread_mutex_unlock(self.mutex) }
    return try body(&self.value.pointee)
  }
}
