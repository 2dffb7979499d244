/// Which frames both sides know, as ALPN agreed.
package enum Dialect: Sendable, Hashable {
  /// ttrpc as every peer speaks it: no ALPN, or `ttrpc`.
  case plain
  /// `verbatim-rpc/1`: SETTINGS, windows, CANCEL, PING, GOAWAY and response metadata besides.
  case extended

  /// The ALPN name of the extended dialect.
  package static let extendedName = "verbatim-rpc/1"
  /// The ALPN name of the plain one.
  package static let plainName = "ttrpc"

  /// The dialect of a connection.
  ///
  /// - Parameter negotiated: What ALPN agreed on; nil: nothing.
  package init(negotiated: String?) {
    self = negotiated == Self.extendedName ? .extended : .plain
  }
}
