internal import Base64

/// One .proto file as generated code embeds it: what reflection serves and JSON mapping reads.
public struct ProtoFile: Sendable {
  /// Path by which other files import it, such as `google/protobuf/any.proto`.
  public let name: String
  /// The files that it imports.
  public let dependencies: [ProtoFile]
  private let base64: String

  /// Creates a file. Called by generated code.
  ///
  /// - Parameter base64: The encoded `google.protobuf.FileDescriptorProto`: text, because a literal array of bytes
  ///   takes the compiler seconds.
  public init(name: String, dependencies: [ProtoFile], base64: String) {
    self.name = name
    self.dependencies = dependencies
    self.base64 = base64
  }

  /// The encoded `google.protobuf.FileDescriptorProto`, without comments.
  ///
  /// Empty if the text given to `init` is not base64, which the generator's never is.
  public var descriptorBytes: [UInt8] { Base64.decode(self.base64) ?? [] }

  /// The files and all that they import, each once, imports first.
  public static func closure(of files: [ProtoFile]) -> [ProtoFile] {
    var seen: Set<String> = []
    var ordered: [ProtoFile] = []
    func visit(_ file: ProtoFile) {
      guard seen.insert(file.name).inserted else { return }
      file.dependencies.forEach(visit)
      ordered.append(file)
    }
    files.forEach(visit)
    return ordered
  }

  /// The encoded `google.protobuf.FileDescriptorSet` of the files and all that they import.
  public static func descriptorSet(of files: [ProtoFile]) -> [UInt8] {
    var writer = ProtoWriter()
    for file in Self.closure(of: files) {
      writer.write(Wire.Bytes.self, 10, file.descriptorBytes)
    }
    return writer.bytes()
  }
}
