package import Protobuf

extension ProtoMessage {
  /// Decodes a message that came from a peer.
  ///
  /// - Throws: ``RPCError``: `INTERNAL` if the bytes are not this message, as ttrpc and gRPC peers answer;
  ///   `INVALID_ARGUMENT` or `RESOURCE_EXHAUSTED` if they pass a limit of ``ProtoLimits``.
  package init(received bytes: [UInt8]) throws(RPCError) {
    do {
      try self.init(decoding: bytes)
    } catch {
      let code: RPCStatusCode =
        switch error.code {
        case .depthLimit: .invalidArgument
        case .sizeLimit, .messageLimit: .resourceExhausted
        default: .internalError
        }
      throw RPCError(
        code,
        "the message is not a \(Self.protoName) (\(error)); both sides must use the same .proto files"
      )
    }
  }
}
