internal import Protobuf

/// What a Request must be like, apart from the state of its connection.
struct RequestRules: Sendable {
  let limits: WireLimits

  /// Reads a Request and checks it against the limits.
  ///
  /// - Throws: The status to answer with.
  func read(_ payload: borrowing RawSpan) throws(Refusal) -> Request {
    let request: Request
    do {
      // One nested message is one metadata pair; one more shows that there are too many.
      request = try Request(
        decoding: payload,
        limits: ProtoLimits(
          maxBytes: self.limits.maxPayloadBytes, maxMessages: self.limits.maxMetadataCount))
    } catch {
      guard error.code != .messageLimit else {
        throw Refusal(
          StatusNumber.resourceExhausted,
          "more than \(self.limits.maxMetadataCount) metadata pairs; send fewer")
      }
      throw Refusal(StatusNumber.invalidArgument, "unmarshal request error: \(error)")
    }
    guard request.service.utf8.count <= self.limits.maxNameBytes,
      request.method.utf8.count <= self.limits.maxNameBytes
    else {
      throw Refusal(
        StatusNumber.invalidArgument,
        "the service's or method's name has more than \(self.limits.maxNameBytes) bytes")
    }
    if !request.metadata.isEmpty { try self.check(request.metadata) }
    guard request.timeoutNano >= 0 else {
      throw Refusal(StatusNumber.deadlineExceeded, "the time was over when the call came")
    }
    return request
  }

  private func check(_ metadata: [KeyValue]) throws(Refusal) {
    var bytes = 0
    for pair in metadata {
      bytes += pair.key.utf8.count + pair.value.utf8.count
      var key = pair.key
      let isAllowed = key.withUTF8 {
        (1...self.limits.maxMetadataKeyBytes).contains($0.count)
          && $0.allSatisfy(Self.isAllowedInKey)
      }
      guard isAllowed else {
        throw Refusal(
          StatusNumber.invalidArgument,
          "a metadata key is not 1 to \(self.limits.maxMetadataKeyBytes) bytes of [0-9a-z_.-]")
      }
    }
    guard bytes <= self.limits.maxMetadataBytes else {
      throw Refusal(
        StatusNumber.resourceExhausted,
        "metadata of \(bytes) bytes; at most \(self.limits.maxMetadataBytes) are taken")
    }
  }

  /// `[0-9A-Za-z_.-]`: some peers do not lower their keys, which is done here when they are read.
  private static func isAllowedInKey(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), UInt8(ascii: "."),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

/// A status thrown where a call is refused.
struct Refusal: Error {
  let status: Status

  init(_ code: Int32, _ message: String) { self.status = Status(code, message) }
}
