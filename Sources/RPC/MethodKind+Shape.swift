package import WireProtocol

extension MethodKind {
  /// The same for the wire protocol, which knows no methods.
  package var shape: CallShape {
    CallShape(clientStreams: self.clientStreams, serverStreams: self.serverStreams)
  }
}
