internal import Protobuf

/// The protobuf reader and writer, with the messages that use the most of it: descriptors and well-known types.
enum ProtobufFuzz: FuzzTarget {
  static let name = "protobuf"
  private static let limits = ProtoLimits(maxBytes: 1 << 20, maxDepth: 64, maxMessages: 10_000)

  static func run(_ bytes: [UInt8]) {
    var script = ByteScript(bytes)
    switch script.byte() % 6 {
    case 0: self.roundTrip(ProtoFileDescriptorProto.self, script.remainder())
    case 1: self.roundTrip(ProtoStruct.self, script.remainder())
    case 2: self.roundTrip(ProtoAny.self, script.remainder())
    case 3: self.roundTrip(ProtoValue.self, script.remainder())
    case 4: self.roundTrip(ProtoTimestamp.self, script.remainder())
    default: self.roundTrip(ProtoCompilerCodeGeneratorRequest.self, script.remainder())
    }
  }

  private static func roundTrip<Message: ProtoMessage>(_ type: Message.Type, _ bytes: [UInt8]) {
    guard let message = try? Message(decoding: bytes, limits: self.limits) else { return }
    let encoded = message.encoded()
    guard let same = try? Message(decoding: encoded) else {
      return FuzzFailure.require(false, "what was encoded cannot be decoded")
    }
    // Not the messages themselves: a NaN is unequal to itself.
    FuzzFailure.require(same.encoded() == encoded, "encoded twice, two texts")
  }
}
