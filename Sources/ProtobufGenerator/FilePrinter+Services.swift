internal import Protobuf

extension FilePrinter {
  private struct Method {
    let name: String
    let protoName: String
    let request: String
    let response: String
    let path: [Int32]
    let clientStreams: Bool
    let serverStreams: Bool
    let isDeprecated: Bool?
    let idempotency: String

    var kind: String {
      switch (self.clientStreams, self.serverStreams) {
      case (false, false): "unary"
      case (false, true): "serverStreaming"
      case (true, false): "clientStreaming"
      case (true, true): "bidirectional"
      }
    }
  }

  mutating func service(
    _ service: ProtoServiceDescriptorProto, _ path: [Int32]
  ) throws(GeneratorError) {
    let package = self.file.package ?? ""
    let name = service.name ?? ""
    let base = self.schema.serviceBase(name, package: package)
    let fullName = package.isEmpty ? name : package + "." + name
    var methods: [Method] = []
    for (i, method) in service.method.enumerated() {
      methods.append(
        Method(
          name: Naming.method(method.name ?? ""), protoName: method.name ?? "",
          request: try self.schema.message(method.inputType ?? "").swiftName,
          response: try self.schema.message(method.outputType ?? "").swiftName,
          path: path + [2, Int32(i)], clientStreams: method.clientStreaming ?? false,
          serverStreams: method.serverStreaming ?? false, isDeprecated: method.options?.deprecated,
          idempotency: Self.idempotency(method.options?.idempotencyLevel)))
    }
    self.methodList(base, fullName, methods)
    self.serviceProtocol(base, service, path, methods)
    self.handlers(base, methods)
    self.client(base, service, path, methods)
  }

  private static func idempotency(_ level: ProtoMethodOptions.IdempotencyLevel?) -> String {
    switch level {
    case .noSideEffects: "noSideEffects"
    case .idempotent: "idempotent"
    case .idempotencyUnknown, .unrecognized, nil: "unknown"
    }
  }

  private func rpc(_ name: String) -> String { self.schema.name(name, of: "RPC") }

  private mutating func methodList(_ base: String, _ fullName: String, _ methods: [Method]) {
    self.out.line("/// What is known of the methods of `\(fullName)`.")
    self.out.line("\(self.access)enum \(base)Methods {")
    self.out.indent()
    self.out.line("/// Full name of the service.")
    self.out.line("\(self.access)static let service = \"\(fullName)\"")
    for method in methods {
      let type = "\(self.rpc("MethodDescriptor"))<\(method.request), \(method.response)>"
      self.out.line("/// `\(method.protoName)`.")
      self.out.line("\(self.access)static let \(method.name) =")
      self.out.indented { out in
        out.call(
          type,
          [
            "service: service", "name: \"\(method.protoName)\"", "kind: .\(method.kind)",
            "idempotency: .\(method.idempotency)",
          ])
      }
    }
    self.out.outdent()
    self.out.line("}")
    self.out.line()
  }

  private mutating func serviceProtocol(
    _ base: String, _ service: ProtoServiceDescriptorProto, _ path: [Int32], _ methods: [Method]
  ) {
    self.documentation(path, deprecated: service.options?.deprecated)
    self.out.line("\(self.access)protocol \(base)Service: \(self.rpc("RPCService")) {")
    self.out.indent()
    for method in methods {
      self.documentation(method.path, deprecated: method.isDeprecated)
      var parameters = [
        method.clientStreams
          ? "requests: \(self.rpc("RPCRequests"))<\(method.request)>"
          : "_ request: \(method.request)"
      ]
      if method.serverStreams {
        parameters.append("responses: \(self.rpc("RPCResponses"))<\(method.response)>")
      }
      parameters.append("context: \(self.rpc("RPCContext"))")
      self.out.call(
        "func \(method.name)", parameters,
        " async throws" + (method.serverStreams ? "" : " -> \(method.response)"))
    }
    self.out.outdent()
    self.out.line("}")
    self.out.line()
  }

  /// What ties the protocol's methods to their names.
  private mutating func handlers(_ base: String, _ methods: [Method]) {
    let handler = self.rpc("RPCHandler")
    self.out.line("extension \(base)Service {")
    self.out.indent()
    self.out.line("/// Full name of the service.")
    self.out.short(
      "\(self.access)static var serviceName: \(self.standard("String"))", "\(base)Methods.service")
    self.out.line("/// The .proto file that declares the service.")
    self.out.short(
      "\(self.access)static var protoFile: \(self.runtime("ProtoFile"))?",
      Naming.file(self.fileName) + ".file")
    self.out.line()
    self.out.line("/// The methods, as a server takes them.")
    self.out.line("\(self.access)var handlers: [\(handler)] {")
    self.out.indent()
    self.out.line("[")
    self.out.indent()
    for method in methods {
      let input = method.clientStreams ? "requests: $0" : "$0"
      let output = method.serverStreams ? "responses: $1, context: $2" : "context: $1"
      self.out.line("\(handler)(\(method.kind): \(base)Methods.\(method.name)) {")
      self.out.indented { $0.line("try await self.\(method.name)(\(input), \(output))") }
      self.out.line("},")
    }
    self.out.outdent()
    self.out.line("]")
    for _ in 0..<2 {
      self.out.outdent()
      self.out.line("}")
    }
    self.out.line()
  }

  private mutating func client(
    _ base: String, _ service: ProtoServiceDescriptorProto, _ path: [Int32], _ methods: [Method]
  ) {
    let channel = "any \(self.rpc("RPCChannel"))"
    self.documentation(path, deprecated: service.options?.deprecated)
    self.out.line("\(self.access)struct \(base)Client: \(self.standard("Sendable")) {")
    self.out.indent()
    self.out.line("private let channel: \(channel)")
    self.out.line()
    self.out.line("/// Creates a client whose calls go over that channel.")
    self.out.line("\(self.access)init(_ channel: \(channel)) { self.channel = channel }")
    for method in methods {
      self.out.line()
      self.documentation(method.path, deprecated: method.isDeprecated)
      let options = "options: \(self.rpc("RPCOptions")) = \(self.rpc("RPCOptions"))()"
      let requests =
        "requests: @escaping @Sendable (\(self.rpc("RPCResponses"))<\(method.request)>) "
        + "async throws -> Void"
      let response =
        method.serverStreams
        ? "\(self.rpc("RPCRequests"))<\(method.response)>" : method.response
      self.out.call(
        "\(self.access)func \(method.name)",
        method.clientStreams ? [options, requests] : ["_ request: \(method.request)", options],
        "\(method.serverStreams ? "" : " async throws") -> \(response) {")
      let call = "\(method.serverStreams ? "" : "try await ")self.channel.\(method.kind)"
      let arguments = method.clientStreams ? ["options", "requests"] : ["request", "options"]
      self.out.indented { $0.call(call, ["\(base)Methods.\(method.name)"] + arguments) }
      self.out.line("}")
    }
    self.out.outdent()
    self.out.line("}")
    self.out.line()
  }
}
