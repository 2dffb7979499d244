package import WireProtocol

extension RPCError {
  /// The error that a peer's status means. A number that is no code of ours is `UNKNOWN`, as gRPC has it.
  package init(_ status: Status) {
    let code = RPCStatusCode(rawValue: status.code) ?? .unknown
    self.init(code == .ok ? .unknown : code, status.message)
    self.details = status.details
  }

  /// The status that travels.
  package var status: Status {
    var status = Status(self.code.rawValue, self.message)
    status.details = self.details
    return status
  }
}
