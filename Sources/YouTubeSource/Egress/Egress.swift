internal import HTTPClient
internal import Transcripts

/// One way out: an identity and what a request needs to use it.
struct Egress: Hashable, Sendable {
  var identity: EgressIdentity
  /// Nil: directly.
  var proxy: HTTPProxy?
  /// Each connection has another address, so connections are not reused.
  var isRotating = false

  /// No proxy.
  static let direct = Egress(identity: EgressIdentity("direct"))

  init(identity: EgressIdentity) { self.identity = identity }

  init(_ proxy: EgressProxy) {
    self.identity = proxy.identity
    self.proxy = proxy.proxy
    self.isRotating = proxy.isRotating
  }
}
