internal import JSON
internal import Options
internal import Protobuf
internal import ProtobufJSON
internal import RPC

/// One call of a method that only the server knew before, with JSON in and out.
struct MethodCall: Sendable {
  private let target: CallTarget
  private let context: CommandContext
  private let method: MethodDescriptor<RawMessage, RawMessage>

  init(_ target: CallTarget, _ context: CommandContext) {
    self.target = target
    self.context = context
    self.method = MethodDescriptor(
      service: target.method.service, name: target.method.name, kind: target.method.kind,
      // What was read from the input for one attempt is gone for a second.
      idempotency: target.method.kind.clientStreams ? .unknown : target.method.idempotency)
  }

  /// Sends all requests and prints the responses as they come.
  func run() async throws -> ExitCode {
    let data = self.context.values[CallCommand.data]
    let input = try await CallInput.from(data, self.context)
    defer { self.tellWhatWasSaid() }
    do {
      try await self.call(input)
      return .ok
    } catch let error as RPCError {
      // A request that is wrong ended the call: that is what to tell.
      if let problem = await self.problem.error { throw problem }
      return try await self.report(error)
    }
  }

  /// What the server says beside its responses.
  private let said = RPCResponseMetadata()

  private func tellWhatWasSaid() {
    guard self.context.values[CallCommand.verbose] else { return }
    for (what, entries) in [("metadata", self.said.metadata), ("trailer", self.said.trailers)] {
      for entry in entries {
        self.context.tell(SafeText.line("\(what): \(entry.key): \(entry.value)"))
      }
    }
  }

  /// Why the requests ended early.
  private let problem = Problem()

  private actor Problem {
    private(set) var error: ToolError?
    func set(_ error: ToolError) { self.error = error }
  }

  private func call(_ input: CallInput) async throws {
    let channel = self.context.channel
    switch self.target.method.kind {
    case .unary:
      try self.print(try await channel.unary(self.method, try await self.only(input), self.options))
    case .serverStreaming:
      let request = try await self.only(input)
      for try await response in channel.serverStreaming(self.method, request, self.options) {
        try self.print(response)
      }
    case .clientStreaming:
      let response = try await channel.clientStreaming(self.method, self.options) {
        try await self.send(input, to: $0)
      }
      try self.print(response)
    case .bidirectional:
      let responses = channel.bidirectional(self.method, self.options) {
        try await self.send(input, to: $0)
      }
      for try await response in responses { try self.print(response) }
    }
  }

  private var options: RPCOptions {
    var options = RPCOptions()
    options.response = self.said
    let values = self.context.values
    let isGiven = values.origin(of: ToolOptions.timeout) != .default
    if isGiven || !self.target.method.kind.serverStreams {
      options.timeout = values[ToolOptions.timeout]
    }
    for entry in values[CallCommand.header] { options.metadata.append(entry.key, entry.value) }
    return options
  }

  // MARK: Requests

  /// The request of a method that takes one; without any, an empty one.
  private func only(_ input: CallInput) async throws -> RawMessage {
    guard let json = try await input.next() else { return RawMessage() }
    guard try await input.next() == nil else {
      throw ToolError(
        .usage, "\(self.target.method) takes one request, and there are more",
        remedy: "give one JSON object; call once for each")
    }
    return try self.message(json)
  }

  private func send(_ input: CallInput, to requests: RPCResponses<RawMessage>) async throws {
    do {
      while let json = try await input.next() { try await requests.send(try self.message(json)) }
    } catch let error as ToolError {
      await self.problem.set(error)
      throw RPCError(.cancelled, error.message)
    }
  }

  private func message(_ json: [UInt8]) throws(ToolError) -> RawMessage {
    do {
      let bytes = try self.target.schema.pool.binary(fromJSON: json, as: self.target.requestType)
      return try RawMessage(decoding: bytes)
    } catch {
      throw ToolError(
        .usage, "the request is no \(self.target.requestType): \(error)",
        remedy: "verbatim call describe \(self.target.requestType) shows what it has")
    }
  }

  // MARK: Responses

  private func print(_ response: RawMessage) throws {
    var options = ProtoJSONOptions()
    options.includesDefaults = self.context.values[CallCommand.defaults]
    options.format = self.context.isJSON ? .compact : .indented
    let text: [UInt8]
    do {
      text = try self.target.schema.pool.json(
        from: response.bytes, as: self.target.responseType, options: options)
    } catch {
      throw ToolError(
        .internalError,
        "the response is not the \(self.target.responseType) that the server describes: \(error)"
      )
    }
    self.context.print(SafeText.lines(String(decoding: text, as: UTF8.self)))
  }

  /// Tells how the call failed: status, message, details, and what helps.
  private func report(_ error: RPCError) async throws -> ExitCode {
    let general = ToolError(error, self.context.settings)
    self.context.reportError(
      ToolError(general.exitCode, error.description, remedy: general.remedy))
    for detail in error.details {
      let type = detail.typeUrl.split(separator: "/").last.map(String.init) ?? ""
      self.context.tell(SafeText.line("detail: \(type) \(await self.text(of: detail, type))"))
    }
    return general.exitCode
  }

  private func text(of detail: ProtoAny, _ type: String) async -> String {
    // The one detail that every library knows without a schema.
    var single = RPCError(.unknown, "")
    single.details = [detail]
    if let wait = single.retryAfter { return "wait \(TimeText.short(wait))" }
    var pool = self.target.schema.pool
    if !pool.contains(type) {
      // The error itself has been told; a detail that nobody describes is told by its size.
      guard let schema = try? await SchemaReader(self.context).schema(declaring: type) else {
        return "\(detail.value.count) bytes, which the server does not describe"
      }
      pool = schema.pool
    }
    do {
      return String(decoding: try pool.json(from: detail.value, as: type), as: UTF8.self)
    } catch {
      return "\(detail.value.count) bytes that are no \(type): \(error)"
    }
  }
}
