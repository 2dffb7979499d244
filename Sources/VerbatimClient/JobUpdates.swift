public import API
internal import Protobuf
internal import RPC

/// A job and its changes, whatever happens to gateways meanwhile: ``VerbatimClient/watch(jobID:maxOutage:)``.
public struct JobUpdates: AsyncSequence, Sendable {
  /// The job as it is, with speed and the time that is left.
  public typealias Element = GatewayWatchJobResponse

  /// Pauses between attempts to reach a gateway: the first, and the longest; each is twice the one before.
  static let minPause = Duration.milliseconds(100)
  static let maxPause = Duration.seconds(2)

  let client: GatewayClient
  let jobID: String
  let maxOutage: Duration

  /// Begins to watch.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }

  /// One watching of a job.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private let updates: JobUpdates
    private var stream: RPCRequests<GatewayWatchJobResponse>.AsyncIterator?
    private var last: GatewayWatchJobResponse?
    private var outageBegan: ContinuousClock.Instant?
    private var pause = JobUpdates.minPause

    init(_ updates: JobUpdates) { self.updates = updates }

    /// The next change; nil when the job has ended.
    ///
    /// - Throws: `RPCError`: `NOT_FOUND` if there is no such job; `UNAVAILABLE` when no gateway has answered for too long.
    public mutating func next() async throws -> GatewayWatchJobResponse? {
      while true {
        do {
          if let update = try await self.read() { return update }
          if self.last?.job?.hasEnded == true { return nil }
          // A gateway that stops may end the stream in good order before the job has ended.
          try await self.resume(
            after: RPCError(.unavailable, "the gateway ended the stream before the job had ended"))
        } catch let error as RPCError where error.code == .unavailable {
          try await self.resume(after: error)
        }
      }
    }

    /// The next change of this stream that the caller has not seen; nil at the stream's end.
    private mutating func read() async throws -> GatewayWatchJobResponse? {
      var stream =
        self.stream
        ?? self.updates.client.watchJob(.with { $0.jobId = self.updates.jobID })
        .makeAsyncIterator()
      defer { self.stream = stream }
      while let update = try await stream.next(isolation: #isolation) {
        self.outageBegan = nil
        self.pause = JobUpdates.minPause
        guard update != self.last else { continue }
        self.last = update
        return update
      }
      return nil
    }

    private mutating func resume(after error: RPCError) async throws {
      self.stream = nil
      let now = ContinuousClock.now
      let began = self.outageBegan ?? now
      self.outageBegan = began
      guard began.duration(to: now) < self.updates.maxOutage else { throw error }
      try await Task.sleep(for: self.pause, clock: .continuous)
      self.pause = Swift.min(self.pause * 2, JobUpdates.maxPause)
    }
  }
}

extension GatewayJob {
  /// Whether nothing of the job will change any more.
  public var hasEnded: Bool {
    switch self.state {
    case .done, .cancelled, .failed: true
    case .unspecified, .running, .unrecognized: false
    }
  }
}
