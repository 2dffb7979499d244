/// Who is at the other end of a call.
public struct RPCPeer: Sendable, Hashable {
  /// Address and port, such as `127.0.0.1:51234`. Empty: the call did not come over a network.
  public var address: String
  /// DNS and URI names of the peer's verified certificate. Empty: it showed none, which only plain TCP allows.
  public var identities: [String]

  /// Creates a peer.
  public init(address: String = "", identities: [String] = []) {
    self.address = address
    self.identities = identities
  }
}
