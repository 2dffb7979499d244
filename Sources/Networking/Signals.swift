internal import CUV

/// Signals of the operating system as something to wait for.
public enum Signals {
  /// Everything of `signals` that arrives from now on. While the stream is alive they no longer do what they do by default;
  /// end it (by cancelling who reads it, or letting go of it) to give them back.
  ///
  /// Several of the same kind in quick succession may come as one, as always with signals.
  public static func stream(of signals: [Int32]) -> AsyncStream<Int32> {
    AsyncStream(bufferingPolicy: .bufferingNewest(16)) { continuation in
      let watch: @NetworkActor () -> [SignalWatcher] = {
        signals.map { number in SignalWatcher(number) { continuation.yield(number) } }
      }
      let watchers = NetworkActor.wait(watch)
      continuation.onTermination = { _ in
        // May run on any thread; the hop is all that this task does.
        Task { @NetworkActor in for watcher in watchers { watcher.close() } }
      }
    }
  }
}

/// One signal number.
@NetworkActor
private final class SignalWatcher {
  private let handle = LoopHandle(uv_signal_t.self)
  private let onSignal: @NetworkActor () -> Void
  private var isClosed = false

  init(_ number: Int32, onSignal: @escaping @NetworkActor () -> Void) {
    self.onSignal = onSignal
    let status = uv_signal_init(NetworkActor.shared.loop.uv, self.handle.pointer)
    precondition(status == 0, "no descriptor is left to watch for signals")
    self.handle.setOwner(self)
    let received: uv_signal_cb = { handle, _ in
      guard let watcher = WeakReference.owner(handle?.pointee.data, SignalWatcher.self) else {
        return
      }
      NetworkActor.assumeIsolated { watcher.onSignal() }
    }
    let started = uv_signal_start(self.handle.pointer, received, number)
    precondition(started == 0, "signal \(number) cannot be caught")
  }

  isolated deinit { self.close() }

  func close() {
    guard !self.isClosed else { return }
    self.isClosed = true
    self.handle.close()
  }
}
