internal import Protobuf
internal import ProtobufJSON

/// Conversions of texts, with the pool of the test schema.
enum JSONPool {
  /// What the generator embeds can always be decoded.
  static let shared = Result { try DescriptorPool([EverythingFile.file]) }

  static func json<M: ProtoMessage>(
    _ message: M, _ options: ProtoJSONOptions = ProtoJSONOptions()
  ) throws -> String {
    String(decoding: try message.json(self.shared.get(), options: options), as: UTF8.self)
  }

  static func message<M: ProtoMessage>(
    _ type: M.Type = M.self, _ json: String, _ options: ProtoJSONOptions = ProtoJSONOptions()
  ) throws -> M {
    try M(json: Array(json.utf8), self.shared.get(), options: options)
  }
}
