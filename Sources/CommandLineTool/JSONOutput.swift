internal import API
internal import Protobuf
internal import ProtobufJSON

/// The messages of the API as JSON: the names of the .proto files in lowerCamelCase, as protobuf defines it.
struct JSONOutput: Sendable {
  private let pool: DescriptorPool

  init() throws {
    self.pool = try DescriptorPool([
      VerbatimGatewayV1GatewayFile.file, VerbatimPipelineV1PipelineFile.file,
      VerbatimIndexV1IndexFile.file,
    ])
  }

  /// One message in one line.
  func line(_ message: some ProtoMessage) throws -> String {
    let type = Swift.type(of: message).protoName
    return String(decoding: try self.pool.json(from: message.encoded(), as: type), as: UTF8.self)
  }
}
