internal import Networking

/// The certificates of a client, which may be exchanged while it calls.
@NetworkActor
final class ClientTLS {
  /// For connections that are opened from now on. Nil: plain TCP.
  var context: TLSContext? {
    willSet {
      precondition(
        (newValue == nil) == (self.context == nil),
        "TLS cannot be taken from a client, nor given to it later")
      precondition(newValue?.isServer != true, "a client needs the context of a client")
    }
  }

  nonisolated init(_ context: TLSContext?) {
    precondition(context?.isServer != true, "a client needs the context of a client")
    self.context = context
  }
}
