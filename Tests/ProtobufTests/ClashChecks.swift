internal import Protobuf
internal import ProtobufClashes

/// What `ClashTests` asks of the module whose types are called as Swift's own. Apart from the tests, because the
/// macros of Swift Testing do not work where `String` is something else.
enum ClashChecks {
  static var file: Protobuf.ProtoFile { ClashesFile.file }

  static func typesRoundTrip() throws -> Swift.Bool {
    let message = Type_.with {
      $0.type = .with { $0.type = 3 }
      $0.protocol = .type
    }
    let nested: Type_.Type__? = message.type
    let boxed = ProtobufClashes.ProtoBoxed.with { $0.inner = .with { $0.inner = nil } }
    let string = ProtobufClashes.String.with { $0.string = "text" }
    return try Type_(decoding: message.encoded()) == message && nested?.type == 3
      && ProtobufClashes.ProtoBoxed(decoding: boxed.encoded()) == boxed
      && ProtobufClashes.String(decoding: string.encoded()) == string
  }

  static func membersRoundTrip() throws -> Swift.Bool {
    var message = Members()
    message.self_ = "1"
    message.init_ = "2"
    message.encode_ = "3"
    message.unknownFields_ = "8"
    message.reader = "11"
    message.tag = "13"
    message.value = "14"
    message.class = "18"
    message.default = "19"
    message._1st = "27"
    message.protocol = "38"
    message.subscript = "40"
    let read = try Members(decoding: message.encoded())
    return read == message && read.class == "18" && read.tag == "13" && read.encode_ == "3"
  }

  static func oneofsRoundTrip() throws -> Swift.Bool {
    let message = Oneofs.with {
      $0.choice = .none_(Oneofs.ChoiceOneof())
      $0.default = .a("a")
      $0.someThing = .b("b")
      $0.someThing_ = "c"
    }
    return try Oneofs(decoding: message.encoded()) == message
  }

  static var caseNumbers: [Swift.Int32] { Cases.allCases.map(\.rawValue) }

  static var serviceName: Swift.String { ClashMethods.service }

  /// What is left of unknown fields in a module that was generated with UnknownFields=drop.
  static func unknownFields(_ bytes: [Swift.UInt8]) throws -> [Swift.UInt8] {
    try Members(decoding: bytes).encoded()
  }
}
