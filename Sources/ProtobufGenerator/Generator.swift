public import Protobuf

/// Turns a request of protoc into Swift files. The same request always gives the same bytes.
public enum Generator {
  /// The feature bit that tells protoc that `optional` in proto3 is understood
  /// (`CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL`).
  private static let proto3Optional: UInt64 = 1

  /// Answers a request. What goes wrong is said in the response's `error`, as protoc asks for.
  public static func run(
    _ request: ProtoCompilerCodeGeneratorRequest
  ) -> ProtoCompilerCodeGeneratorResponse {
    var response = ProtoCompilerCodeGeneratorResponse()
    response.supportedFeatures = self.proto3Optional
    do throws(GeneratorError) {
      let options = try GeneratorOptions(parameter: request.parameter ?? "")
      let schema = Schema(request.protoFile_, prefixes: options.prefixes)
      try schema.checkNames(of: request.protoFile_)
      for name in request.fileToGenerate {
        guard let file = request.protoFile_.first(where: { $0.name == name }) else {
          throw GeneratorError("protoc asks for \(name) but does not describe it")
        }
        guard name.allSatisfy({ $0 != "\"" && $0 != "\\" && !$0.isNewline }) else {
          throw GeneratorError("the name of \(name.debugDescription) cannot stand in a Swift file")
        }
        // What proto2 has beyond proto3 would be lost without a word. The runtime's own descriptors use none of it.
        guard file.syntax == "proto3" || options.isRuntime else {
          let syntax = file.syntax.flatMap { $0.isEmpty ? nil : $0 } ?? "proto2"
          throw GeneratorError(
            "\(name) is in \(syntax), of which groups, extensions and defaults have no Swift here; write syntax = \"proto3\";"
          )
        }
        var printer = FilePrinter(options, schema, file)
        try printer.print()
        let stem = name.hasSuffix(".proto") ? String(name.dropLast(6)) : name
        response.file.append(
          .with {
            $0.name = stem + ".pb.swift"
            $0.content = printer.out.text
          })
      }
    } catch {
      response.file = []
      response.error = "protoc-gen-verbatim-swift: \(error)"
    }
    return response
  }
}
