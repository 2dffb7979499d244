/// The status codes that the protocol itself gives. The whole list is `RPCStatusCode` of the layer above.
package enum StatusNumber {
  package static let ok: Int32 = 0
  package static let cancelled: Int32 = 1
  package static let invalidArgument: Int32 = 3
  package static let deadlineExceeded: Int32 = 4
  package static let resourceExhausted: Int32 = 8
  package static let unimplemented: Int32 = 12
  package static let internalError: Int32 = 13
  package static let unavailable: Int32 = 14
}

extension Status {
  /// Creates a status without details.
  package init(_ code: Int32, _ message: String) {
    self.init()
    self.code = code
    self.message = message
  }
}
