internal import Protobuf

/// The standard error detail `google.rpc.RetryInfo`: how long to wait before asking again.
///
/// Every gRPC and ttrpc library knows it by its type URL. The message has one field,
/// `google.protobuf.Duration retry_delay = 1`, written here by hand.
struct RetryInfo: Hashable, Sendable {
  static let typeURL = "type.googleapis.com/google.rpc.RetryInfo"
  private static let nanosecond: Int64 = 1_000_000_000

  let delay: Duration

  init(delay: Duration) { self.delay = max(delay, .zero) }

  /// Nil when `detail` is something else or damaged: a detail is a hint, and the error stands without it.
  init?(packed detail: ProtoAny) {
    guard detail.typeUrl == Self.typeURL, let message = try? Message(decoding: detail.value),
      let delay = message.delay
    else { return nil }
    self.init(delay: .seconds(delay.seconds) + .nanoseconds(Int64(delay.nanos)))
  }

  /// The detail as it travels.
  func packed() -> ProtoAny {
    let (seconds, attoseconds) = self.delay.components
    var message = Message()
    message.delay = .with {
      $0.seconds = seconds
      $0.nanos = Int32(attoseconds / Self.nanosecond)
    }
    return .with {
      $0.typeUrl = Self.typeURL
      $0.value = message.encoded()
    }
  }

  private struct Message: ProtoMessage {
    static let protoName = "google.rpc.RetryInfo"
    static var protoFile: ProtoFile { ProtoFile(name: "", dependencies: [], base64: "") }
    /// Tag of `retry_delay`: field 1, length-delimited.
    private static let delayTag: UInt32 = 10

    var delay: ProtoDuration?
    var unknownFields = ProtoUnknown()

    mutating func merge(from reader: inout ProtoReader) throws(ProtoError) {
      while true {
        let tag = try reader.tag()
        switch tag {
        case 0: return
        case Self.delayTag: try reader.message(&self.delay)
        default: try reader.unknown(tag, to: &self.unknownFields)
        }
      }
    }

    func encode(to writer: inout ProtoWriter) {
      if let delay { writer.message(Self.delayTag, delay) }
      writer.unknown(self.unknownFields)
    }
  }
}
