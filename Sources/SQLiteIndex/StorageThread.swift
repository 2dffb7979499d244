internal import CSQLite
internal import Glibc

/// A thread for blocking calls, as the executor of an actor.
///
/// Jobs run one after another in the order in which they come. ``stop()`` lets those that wait finish, then the thread
/// ends; nothing may be sent to it afterwards.
///
/// Safety: all fields but the thread's own are touched only with `mutex` held.
final class StorageThread: SerialExecutor, @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var jobs: [UnownedJob] = []
  private var isStopping = false
  private let name: String

  /// - Parameter name: Shown by `ps -L` and debuggers; 15 bytes at most are kept.
  init(name: String) throws {
    self.name = String(name.prefix(15))
    pthread_mutex_init(self.mutex, nil)
    pthread_cond_init(self.condition, nil)
    var thread = pthread_t()
    // The thread keeps this object alive until it is stopped.
    let retained = Unmanaged.passRetained(self)
    let status = pthread_create(&thread, nil, Self.main, retained.toOpaque())
    guard status == 0 else {
      retained.release()
      throw StorageThreadError(status: status)
    }
    pthread_detach(thread)
  }

  deinit {
    pthread_mutex_destroy(self.mutex)
    pthread_cond_destroy(self.condition)
    self.mutex.deallocate()
    self.condition.deallocate()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    pthread_mutex_lock(self.mutex)
    self.jobs.append(job)
    pthread_mutex_unlock(self.mutex)
    pthread_cond_signal(self.condition)
  }

  func stop() {
    pthread_mutex_lock(self.mutex)
    self.isStopping = true
    pthread_mutex_unlock(self.mutex)
    pthread_cond_signal(self.condition)
  }

  private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
    guard let pointer = $0 else { return nil }
    let thread = Unmanaged<StorageThread>.fromOpaque(pointer).takeRetainedValue()
    csqlite_name_thread(thread.name)
    thread.run()
    return nil
  }

  private func run() {
    let executor = self.asUnownedSerialExecutor()
    while true {
      pthread_mutex_lock(self.mutex)
      while self.jobs.isEmpty && !self.isStopping {
        pthread_cond_wait(self.condition, self.mutex)
      }
      let jobs = self.jobs
      self.jobs = []
      pthread_mutex_unlock(self.mutex)
      if jobs.isEmpty { return }
      for job in jobs { job.runSynchronously(on: executor) }
    }
  }
}

/// The system gave no thread.
struct StorageThreadError: Error, CustomStringConvertible {
  var status: Int32
  var description: String { String(cString: strerror(self.status)) }
}
