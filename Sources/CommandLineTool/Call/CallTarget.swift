internal import Protobuf
internal import RPC

/// A method that is to be called, found by what somebody typed.
struct CallTarget: Sendable {
  /// Full names.
  let method: RPCMethod
  let requestType: String
  let responseType: String
  let schema: Schema

  /// Finds `SERVICE/METHOD` (or `SERVICE.METHOD`).
  ///
  /// - Throws: ``ToolError`` that lists what there is instead.
  static func find(_ text: String, _ reader: SchemaReader) async throws -> CallTarget {
    guard let cut = text.lastIndex(of: "/") ?? text.lastIndex(of: "."), cut > text.startIndex,
      text.index(after: cut) < text.endIndex
    else {
      throw ToolError(
        .usage, "\(text) is not a method",
        remedy:
          "write SERVICE/METHOD; verbatim call list shows the services, verbatim call list SERVICE their methods"
      )
    }
    let name = String(text[text.index(after: cut)...])
    let (service, schema) = try await self.service(String(text[..<cut]), reader)
    let methods = schema.methods(of: service) ?? []
    guard let method = methods.first(where: { $0.name == name }) else {
      throw ToolError(
        .usage, "\(service) has no method \(name)",
        remedy: "its methods are \(methods.compactMap(\.name).joined(separator: ", "))")
    }
    let kind: MethodKind =
      switch (method.clientStreaming ?? false, method.serverStreaming ?? false) {
      case (false, false): .unary
      case (true, false): .clientStreaming
      case (false, true): .serverStreaming
      case (true, true): .bidirectional
      }
    let idempotency: Idempotency =
      switch method.options?.idempotencyLevel {
      case .noSideEffects: .noSideEffects
      case .idempotent: .idempotent
      default: .unknown
      }
    return CallTarget(
      method: RPCMethod(service: service, name: name, kind: kind, idempotency: idempotency),
      requestType: Schema.name(method.inputType), responseType: Schema.name(method.outputType),
      schema: schema)
  }

  /// Finds a service by its name or the last part of it.
  static func service(
    _ text: String, _ reader: SchemaReader
  ) async throws -> (name: String, schema: Schema) {
    let services = try await reader.services()
    let names = services.contains(text) ? [text] : services.filter { $0.hasSuffix("." + text) }
    guard names.count == 1 else {
      throw ToolError(
        .usage,
        names.isEmpty ? "there is no service \(text) here" : "\(text) is the end of several names",
        remedy: "the services are \((names.isEmpty ? services : names).joined(separator: ", "))")
    }
    guard let schema = try await reader.schema(declaring: names[0]) else {
      throw ToolError(
        .refused, "the server lists \(names[0]) and does not describe it",
        remedy: "it was not generated from a .proto file; call it with a program")
    }
    return (names[0], schema)
  }

  /// Finds anything that has a name: as it is, as `SERVICE/METHOD`, or by a part of a service's name.
  static func anything(
    _ text: String, _ reader: SchemaReader
  ) async throws -> (Schema.Named, Schema) {
    let dotted = String(text.map { $0 == "/" ? "." : $0 })
    if let schema = try await reader.schema(declaring: dotted), let found = schema[dotted] {
      return (found, schema)
    }
    if text.contains("/") {
      let target = try await self.find(text, reader)
      let name = target.method.service + "." + target.method.name
      if let found = target.schema[name] { return (found, target.schema) }
    }
    // The end of a service's name, or of something beside a service.
    let services = try await reader.services()
    if let service = services.first(where: { $0.hasSuffix("." + dotted) }),
      let schema = try await reader.schema(declaring: service), let found = schema[service]
    {
      return (found, schema)
    }
    let packages = Set(services.map { $0.split(separator: ".").dropLast().joined(separator: ".") })
    for package in packages.sorted() {
      let name = "\(package).\(dotted)"
      if let schema = try await reader.schema(declaring: name), let found = schema[name] {
        return (found, schema)
      }
    }
    throw ToolError(
      .usage, "nothing is called \(text) here",
      remedy: "write a full name; the services are \(services.joined(separator: ", "))")
  }
}
