internal import Protobuf
internal import ProtobufJSON

/// Messages from JSON and from bytes by descriptors, as `verbatim call` and reflection use them. The first byte says which.
enum ProtobufJSONFuzz: FuzzTarget {
  static let name = "protobuf-json"
  private static let types = [
    "google.protobuf.FileDescriptorProto", "google.protobuf.Value", "google.protobuf.Any",
    "google.protobuf.Timestamp", "google.protobuf.Duration", "google.protobuf.FieldMask",
    "google.protobuf.BytesValue", "google.protobuf.DoubleValue",
  ]
  private static let pool = try? DescriptorPool([
    ProtoFileDescriptorProto.protoFile, ProtoValue.protoFile, ProtoAny.protoFile,
    ProtoTimestamp.protoFile, ProtoDuration.protoFile, ProtoFieldMask.protoFile,
    ProtoBytesValue.protoFile,
  ])

  static func run(_ bytes: [UInt8]) {
    guard let pool = self.pool else {
      return FuzzFailure.require(false, "the runtime's own descriptors cannot be read")
    }
    var script = ByteScript(bytes)
    let choice = script.byte()
    let type = self.types[Int(choice >> 2) % self.types.count]
    let rest = script.remainder()
    switch choice & 3 {
    case 0:
      guard let binary = try? pool.binary(fromJSON: rest, as: type) else { return }
      // Some values have a binary form only, such as an infinite google.protobuf.Value.
      guard let json = try? pool.json(from: binary, as: type) else { return }
      let same = try? pool.json(from: pool.binary(fromJSON: json, as: type), as: type)
      FuzzFailure.require(same == json, "JSON does not come back as it was")
    case 1: _ = try? pool.json(from: rest, as: type)
    default:
      // A pool made of a peer's descriptors.
      guard let peer = try? DescriptorPool(descriptorSet: rest) else { return }
      _ = try? peer.json(from: rest, as: "a.B")
    }
  }
}
