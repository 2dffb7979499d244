/// A call as its Request frame describes it, checked against the limits.
package struct IncomingCall: Sendable, Hashable {
  /// Full name of the service.
  package var service: String
  /// Name of the method.
  package var method: String
  /// What the client sent beside the request.
  package var metadata: [KeyValue]
  /// How long the client waits. Nil: it did not say.
  package var timeout: Duration?
  /// The message that came with the Request; nil: none did.
  package var message: [UInt8]?
  /// Whether the client will send nothing more.
  package var inputIsComplete: Bool

  /// Creates a call.
  package init(
    service: String, method: String, metadata: [KeyValue], timeout: Duration?, message: [UInt8]?,
    inputIsComplete: Bool
  ) {
    self.service = service
    self.method = method
    self.metadata = metadata
    self.timeout = timeout
    self.message = message
    self.inputIsComplete = inputIsComplete
  }
}
