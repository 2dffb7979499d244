public import Protobuf

/// How a call failed, on either side: what a handler throws is what the caller catches.
public struct RPCError: Error, Sendable, Hashable {
  /// What kind of failure; callers decide by it alone.
  public var code: RPCStatusCode
  /// For people: what is wrong and what helps. It travels to the caller, so it holds no secrets and no inner text.
  public var message: String
  /// Machine-readable causes, each a message packed with its type; see ``retryAfter``.
  public var details: [ProtoAny]

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - code: Not ``RPCStatusCode/ok``: an error with that code would travel as a success without a message.
  ///   - message: See ``message``.
  ///   - retryAfter: See ``retryAfter-swift.property``.
  public init(_ code: RPCStatusCode, _ message: String, retryAfter: Duration? = nil) {
    precondition(code != .ok, "an RPCError says how a call failed; OK is not a failure")
    self.code = code
    self.message = message
    self.details = []
    if let retryAfter { self.retryAfter = retryAfter }
  }

  /// How long the caller should wait before it asks again, as a `google.rpc.RetryInfo` in ``details``.
  ///
  /// Nil when there is none, or one that cannot be read.
  public var retryAfter: Duration? {
    get { self.details.lazy.compactMap(RetryInfo.init(packed:)).first?.delay }
    set {
      self.details.removeAll { $0.typeUrl == RetryInfo.typeURL }
      if let newValue { self.details.append(RetryInfo(delay: newValue).packed()) }
    }
  }
}

extension RPCError: CustomStringConvertible {
  /// `NOT_FOUND: no such job`.
  public var description: String { "\(self.code.name): \(self.message)" }
}
