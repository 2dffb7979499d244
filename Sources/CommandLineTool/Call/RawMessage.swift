internal import Protobuf

/// A message whose schema came with the answer of a server: its fields as they travel.
///
/// All of them are unknown to this program, and unknown fields survive, so what is decoded is encoded again byte for byte.
struct RawMessage: ProtoMessage {
  static let protoName = "message"
  /// Of a message without fields: nobody asks for it.
  static var protoFile: ProtoFile { ProtoEmpty.protoFile }

  private var fields = ProtoUnknown()

  mutating func merge(from reader: inout ProtoReader) throws(ProtoError) {
    while true {
      let tag = try reader.tag()
      if tag == 0 { return }
      try reader.unknown(tag, to: &self.fields)
    }
  }

  func encode(to writer: inout ProtoWriter) { writer.unknown(self.fields) }

  /// The fields.
  var bytes: [UInt8] { self.fields.bytes }
}
