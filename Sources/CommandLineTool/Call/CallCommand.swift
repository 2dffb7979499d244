internal import Options
internal import Protobuf

/// `verbatim call`: calls any method of any service, knowing only what the server says of itself.
enum CallCommand: ToolCommand {
  static let name = "call"
  static let what = Argument(
    "METHOD", maximum: 2,
    help:
      "SERVICE/METHOD; or list [SERVICE]; or describe [NAME], of a service, method, message or enum."
  )
  static let data = Option(
    "data", letter: "d", parse: .text, placeholder: "JSON", defaultNote: "one empty request",
    help:
      "The request as JSON. @FILE reads it from a file, - from standard input. For a method that takes a stream: any number of them, one after another, each sent as it comes."
  )
  static let header = Option.list(
    "header", letter: "H", parse: .metadata, separator: nil,
    help:
      "Metadata to send, such as 'traceparent: 00-...'. Keys that end in -bin have base64 values."
  )
  static let address = Option.list(
    "address", parse: .endpoint, defaultNote: "the gateway",
    help: "What to call, where it is not the gateway. It needs --tls-server-name too.")
  static let defaults = Option(
    "defaults", parse: .boolean, default: false,
    help: "Prints fields also where they have their defaults: 0, \"\", false, [].")
  static let verbose = Option(
    "verbose", parse: .boolean, default: false,
    help:
      "Prints, on standard error, what the server says beside its responses: metadata and trailers."
  )

  static let declaration = Command(
    name, summary: "Calls any method with JSON, lists and describes what can be called.",
    discussion: """
      It learns services and messages from the server (grpc.reflection.v1.ServerReflection), so it works with any that has it, \
      and needs no .proto files. Packages may be left out of names where that is clear.

      Responses are printed as indented JSON, with --json one a line. An error is printed with its status, its details and \
      what helps. --timeout is a limit for streams of responses only where it is given.
      """, arguments: [what],
    groups: [OptionGroup("Call", [data, header, address, defaults, verbose])],
    examples: [
      Example("verbatim call list", "Lists the services."),
      Example(
        "verbatim call describe GatewayService/Search", "Shows what the method takes and gives."),
      Example(
        "verbatim call GatewayService/Search -d '{\"query\": {\"text\": \"milky way\"}}'",
        "Calls it."),
      Example(
        "verbatim call IndexerService/GetIndexStats --address 127.0.0.1:7420 --tls-server-name indexer",
        "Calls another service."),
      Example("verbatim call grpc.health.v1.Health/Watch", "Follows whether the gateway is ready."),
    ])

  static func run(_ context: CommandContext) async throws -> ExitCode {
    let words = context.values[Self.what]
    let reader = SchemaReader(context)
    switch words[0] {
    case "list":
      try await self.list(words.count > 1 ? words[1] : nil, reader, context)
      return .ok
    case "describe":
      try await self.describe(words.count > 1 ? words[1] : nil, reader, context)
      return .ok
    default:
      guard words.count == 1 else {
        throw ToolError(
          .usage, "\(words[1]) is one word too many",
          remedy:
            "write verbatim call \(words[0]) -d JSON, verbatim call list or verbatim call describe")
      }
      let target = try await CallTarget.find(words[0], reader)
      return try await MethodCall(target, context).run()
    }
  }

  private static func list(
    _ service: String?, _ reader: SchemaReader, _ context: CommandContext
  ) async throws {
    guard let service else {
      for name in try await reader.services() { context.print(SafeText.line(name)) }
      return
    }
    let (name, schema) = try await CallTarget.service(service, reader)
    for method in schema.methods(of: name) ?? [] {
      context.print(SafeText.line("\(name)/\(method.name ?? "")"))
    }
  }

  private static func describe(
    _ text: String?, _ reader: SchemaReader, _ context: CommandContext
  ) async throws {
    guard let text else {
      for (index, name) in try await reader.services().enumerated() {
        if index > 0 { context.print("") }
        guard let found = try await reader.schema(declaring: name)?[name] else {
          context.print("// \(SafeText.line(name)) is not described")
          continue
        }
        self.show(found, context)
      }
      return
    }
    let (found, schema) = try await CallTarget.anything(text, reader)
    self.show(found, context)
    guard case .method(let method) = found.declaration else { return }
    // Who looks at a method wants to call it.
    var shown: Set<String> = []
    for type in [Schema.name(method.inputType), Schema.name(method.outputType)]
    where shown.insert(type).inserted {
      guard let message = schema[type] else { continue }
      context.print("")
      self.show(message, context)
    }
  }

  private static func show(_ found: Schema.Named, _ context: CommandContext) {
    context.print(context.style.dim(SafeText.line("// \(found.name), in \(found.file)")))
    for line in ProtoSource.lines(of: found.declaration) { context.print(SafeText.line(line)) }
  }
}

/// One pair of metadata, as somebody typed it.
struct HeaderLine: Sendable {
  /// Lower case.
  let key: String
  let value: String
}

extension ValueParser where Value == HeaderLine {
  /// `KEY: VALUE`.
  fileprivate static var metadata: Self {
    Self(placeholder: "'KEY: VALUE'") { text in
      guard let colon = text.firstIndex(of: ":") else {
        throw ValueProblem("there is no colon", remedy: "write 'KEY: VALUE'")
      }
      let key = text[..<colon].lowercased()
      guard !key.isEmpty, key.utf8.allSatisfy(self.isKeyByte) else {
        throw ValueProblem(
          "keys have letters, digits and _ . - only", remedy: "write 'KEY: VALUE'")
      }
      let value = text[text.index(after: colon)...].drop { $0 == " " }
      return HeaderLine(key: key, value: String(value))
    }
  }

  private static func isKeyByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
