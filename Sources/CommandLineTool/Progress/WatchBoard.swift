internal import API

/// The newest news of each job that is followed. Older news is dropped when nobody has read it: news is whole states.
actor WatchBoard {
  /// What is new since it was last asked.
  struct News {
    /// By index of the job.
    var updates: [(index: Int, update: GatewayWatchJobResponse)] = []
    var notices: [String] = []
    /// Jobs that are not followed any more, with what ended that before the job ended.
    var ends: [(index: Int, error: (any Error)?)] = []
  }

  /// An element whenever there may be news, or time for a look.
  nonisolated let wake: AsyncStream<Void>
  private nonisolated let signal: AsyncStream<Void>.Continuation
  private var news = News()
  /// Why the gateway was last out of reach; nil: it is in reach.
  private var absence: String?

  init() { (self.wake, self.signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

  func post(_ update: GatewayWatchJobResponse, of index: Int) {
    if self.absence != nil {
      self.absence = nil
      self.news.notices.append("The gateway is back.")
    }
    self.news.updates.removeAll { $0.index == index }
    self.news.updates.append((index, update))
    self.signal.yield()
  }

  /// Says once, however many jobs are followed, that the gateway is out of reach.
  func postAbsence(_ reason: String, patience: Duration) {
    guard self.absence == nil else { return }
    self.absence = reason
    self.news.notices.append(
      "The gateway is away (\(reason)); trying again for up to \(TimeText.short(patience)).")
    self.signal.yield()
  }

  func end(_ index: Int, _ error: (any Error)? = nil) {
    self.news.ends.append((index, error))
    self.signal.yield()
  }

  nonisolated func tick() { self.signal.yield() }

  func take() -> News {
    defer { self.news = News() }
    return self.news
  }
}
