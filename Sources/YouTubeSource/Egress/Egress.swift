internal import HTTPClient
internal import Transcripts

/// One way out: an identity and what a request needs to use it.
struct Egress: Hashable, Sendable {
  var identity: EgressIdentity
  /// Nil: directly.
  var proxy: HTTPProxy?
  /// Each connection has another address, so connections are not reused.
  var isRotating = false
  /// Its share of the requests, and of its limits, as a multiple of an ordinary one's.
  var weight = 1

  /// No proxy.
  static let direct = Egress(identity: EgressIdentity("direct"))

  init(identity: EgressIdentity) { self.identity = identity }

  init(_ proxy: EgressProxy) {
    self.identity = proxy.identity
    self.proxy = proxy.proxy
    self.isRotating = proxy.isRotating
    self.weight = proxy.weight
  }
}
