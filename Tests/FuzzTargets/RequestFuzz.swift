internal import Protobuf
internal import RPC
internal import WireProtocol

/// A Request as a server reads it: the first Request of a connection, with metadata and status on the way out.
enum RequestFuzz: FuzzTarget {
  static let name = "request"

  static func run(_ bytes: [UInt8]) {
    let limits = WireLimits()
    var machine = ServerConnectionMachine(limits: limits)
    let header = FrameHeader(
      payloadBytes: bytes.count, streamID: StreamID(1), kind: .request, flags: [])
    let action = machine.frameReceived(header, bytes.span.bytes, at: .now) { _, _ in .found(.unary)
    }
    switch action {
    case .begin(_, let call):
      FuzzFailure.require(call.metadata.count <= limits.maxMetadataCount, "too much metadata")
      let metadata = RPCMetadata(call.metadata)
      FuzzFailure.require(metadata.pairs.count == call.metadata.count, "metadata were lost")
      FuzzFailure.require(call.timeout.map { $0 >= .zero } ?? true, "a timeout below zero")
    case .refuse(_, let status):
      FuzzFailure.require(status.code != 0, "a refusal that says OK")
      // What is answered can be read.
      var response = Response()
      response.status = status
      let same = try? Response(decoding: response.encoded())
      FuzzFailure.require(same == response, "a refusal does not come back as it was")
    case .ignore, .message, .endOfInput, .cancel, .fail, .close, .settings, .credit, .answerPing,
      .pong:
      FuzzFailure.require(false, "a first Request is answered, not \(action)")
    }
  }
}
