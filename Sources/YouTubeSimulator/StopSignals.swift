internal import Dispatch
internal import Glibc

/// SIGINT and SIGTERM as something to wait for.
struct StopSignals {
  private let stream: AsyncStream<Void>
  private let sources: [any DispatchSourceSignal]

  /// From now on the two signals no longer end the process by themselves.
  init() {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    self.stream = stream
    self.sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { continuation.yield() }
      source.resume()
      return source
    }
  }

  /// Returns at the first of the two.
  func wait() async {
    for await _ in self.stream { break }
    for source in self.sources { source.cancel() }
  }
}
