/// Something that takes bytes from outside, and what must hold whatever they are.
///
/// `.ci/fuzz NAME` lets libFuzzer look for bytes that break it; `FuzzTests` replays the corpus and what was found before.
/// A new target is a type in a file of its own and a line in ``FuzzTargets/all``; its own inputs go into
/// `Tests/FuzzTests/Corpus/NAME`.
package protocol FuzzTarget: SendableMetatype {
  /// Lower-case words joined by `-`; also the corpus' folder.
  static var name: String { get }

  /// Takes the bytes as they come in production.
  ///
  /// Refusing them is fine, and so is any error that is documented. Trapping, hanging, and growing without bound are not;
  /// what else must hold is said with ``FuzzFailure/require(_:_:)``.
  static func run(_ bytes: [UInt8])
}

/// All targets.
package enum FuzzTargets {
  /// In no order that matters.
  package static let all: [any FuzzTarget.Type] = [
    FrameDecoderFuzz.self, ServerConnectionFuzz.self, ClientConnectionFuzz.self,
    ExtendedServerFuzz.self, ExtendedClientFuzz.self, RequestFuzz.self,
    ProtobufFuzz.self, ProtobufJSONFuzz.self, JSONFuzz.self, JSON3Fuzz.self, SRV3Fuzz.self,
    SRV1Fuzz.self, VTTFuzz.self, PlayerReplyFuzz.self, PlaylistPageFuzz.self,
  ]

  /// The target of that name.
  package static func named(_ name: String) -> (any FuzzTarget.Type)? {
    self.all.first { $0.name == name }
  }
}

/// How a target says that something does not hold.
package enum FuzzFailure {
  /// Traps, so that libFuzzer keeps the bytes.
  package static func require(_ condition: Bool, _ what: @autoclosure () -> String) {
    if !condition { fatalError(what()) }
  }
}
