/// Proof that a worker holds an entry: the entry and the token of this delivery.
public struct Claim: Hashable, Sendable {
  public var entry: String
  public var token: String
  /// Where the payload is kept; empty in the fetch stage.
  public var payloadKey: String
  /// Bytes of the payload, as accounted.
  public var payloadBytes: Int

  public init(entry: String, token: String, payloadKey: String = "", payloadBytes: Int = 0) {
    self.entry = entry
    self.token = token
    self.payloadKey = payloadKey
    self.payloadBytes = payloadBytes
  }
}
