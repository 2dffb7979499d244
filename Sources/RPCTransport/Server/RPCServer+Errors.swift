internal import Networking
internal import RPC
internal import Telemetry
internal import WireProtocol

extension RPCServer.Shared {
  /// Why no further call is taken now; nil if it is.
  func refusal() -> Status? {
    if self.activeCalls >= self.options.maxConcurrentCalls {
      return RPCError(
        .resourceExhausted,
        "\(self.activeCalls) calls are running, which is the most the server takes"
      ).status
    }
    if self.requestBytes >= self.options.maxRequestBytes {
      return RPCError(
        .resourceExhausted,
        "requests of \(self.requestBytes) bytes are in work, which is the most the server takes"
      ).status
    }
    return nil
  }

  /// What the caller is told of what a handler threw.
  ///
  /// Only ``RPCError`` is meant for callers. Anything else is a bug or an inner matter: it leaves as `INTERNAL` with an id, under
  /// which the log has the text.
  func error(from error: any Error, in call: ServerCall) -> RPCError {
    switch error {
    case let error as RPCError: return error
    case is CancellationError:
      return RPCError(.cancelled, "the call was cancelled on the server")
    default:
      let id = String(UInt64.random(in: .min ... .max), radix: 16)
      self.logger.error(
        "a handler failed with an error that is not for callers",
        [.rpcMethod: call.route.name, .errorID: id, .error: "\(error)"])
      return RPCError(
        .internalError, "internal error \(id); the server's log has the reason under this id")
    }
  }

  /// Counts a call and logs it.
  func callEnded(
    _ route: Route?, _ peer: RPCPeer, _ code: RPCStatusCode, _ duration: Duration
  ) {
    (route?.metrics ?? self.routes.unknownMetrics)?.observe(duration, code)
    self.logger.debug(
      "a call was answered",
      [
        .rpcMethod: route?.name ?? Routes.unknownMethod, .rpcStatus: code.name,
        .duration: "\(duration / .milliseconds(1))", .peerAddress: peer.address,
        .peerIdentity: peer.identities.joined(separator: ","),
      ])
  }
}
