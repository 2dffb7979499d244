/// Proof that a worker holds an entry: the entry and the token of this delivery.
public struct Claim: Hashable, Sendable {
  public var entry: String
  public var token: String
  /// The token of the fetch that the payload is from; empty in the fetch stage.
  public var fetchToken: String
  /// Bytes of the payload, as accounted.
  public var payloadBytes: Int

  public init(entry: String, token: String, fetchToken: String = "", payloadBytes: Int = 0) {
    self.entry = entry
    self.token = token
    self.fetchToken = fetchToken
    self.payloadBytes = payloadBytes
  }
}
