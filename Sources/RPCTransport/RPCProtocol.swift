internal import WireProtocol

/// Names of the protocol for TLS (ALPN).
public enum RPCProtocol {
  /// What servers accept and clients offer, the preferred first: `verbatim-rpc/1`, then `ttrpc`.
  ///
  /// Give it to `TLSContext.server(…, protocols:)` and `TLSContext.client(…, protocols:)`. Without it a connection
  /// speaks plain ttrpc, in which a client cannot tell the server that it has given a call up.
  public static let names = [Dialect.extendedName, Dialect.plainName]
}
