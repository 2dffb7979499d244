internal import API
internal import Protobuf
internal import RPC

/// Reads the changes of one job until it has ended, over connections that come and go.
struct JobFollower: Sendable {
  /// How long a gateway may be out of reach: a restart with a slow start fits in.
  static let patience = Duration.seconds(60)
  static let firstBackoff = Duration.milliseconds(250)
  static let maxBackoff = Duration.seconds(4)

  let gateway: GatewayClient
  let clock: ToolClock
  let job: String

  /// Posts changes to `board` as number `index`.
  ///
  /// - Throws: `RPCError` when trying again would not help, or has not helped for ``patience``.
  func follow(_ board: WatchBoard, index: Int) async throws {
    var awaySince: Duration?
    var backoff = Self.firstBackoff
    while true {
      let failure: RPCError
      do {
        for try await update in self.gateway.watchJob(.with { $0.jobId = self.job }) {
          (awaySince, backoff) = (nil, Self.firstBackoff)
          await board.post(update, of: index)
          if update.job?.hasEnded == true { return }
        }
        failure = RPCError(.unavailable, "it ended the call")
      } catch let error as RPCError where Self.isPassing(error) && !Task.isCancelled {
        failure = error
      }
      let now = self.clock.now()
      let since = awaySince ?? now
      awaySince = since
      guard now - since < Self.patience else { throw failure }
      await board.postAbsence(failure.message, patience: Self.patience)
      try await self.clock.sleep(backoff)
      backoff = min(backoff * 2, Self.maxBackoff)
    }
  }

  /// Whether the same call may work in a while. The call itself changes nothing, so repeating it is safe.
  private static func isPassing(_ error: RPCError) -> Bool {
    switch error.code {
    case .unavailable, .aborted, .resourceExhausted, .cancelled, .deadlineExceeded, .unknown: true
    case .ok, .invalidArgument, .notFound, .alreadyExists, .permissionDenied, .failedPrecondition,
      .outOfRange, .unimplemented, .internalError, .dataLoss, .unauthenticated:
      false
    }
  }
}
