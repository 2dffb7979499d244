internal import Protobuf
internal import RPC
internal import RPCReflection

/// Asks a server's reflection service what it offers.
struct SchemaReader: Sendable {
  /// A server's files may import one another without end.
  static let maxFiles = 1000

  private let client: ServerReflectionClient
  private let context: CommandContext

  init(_ context: CommandContext) {
    self.client = ServerReflectionClient(context.channel)
    self.context = context
  }

  /// Full names of all services, in order.
  func services() async throws -> [String] {
    guard case .listServicesResponse(let list) = try await self.ask([.listServices("")]).first
    else {
      throw Self.strange
    }
    return list.service.map(\.name).sorted()
  }

  /// The schema of everything in the file that declares `symbol`, and in what it imports. Nil: the server has no such name.
  func schema(declaring symbol: String) async throws -> Schema? {
    let answer = try await self.ask([.fileContainingSymbol(symbol)]).first
    if case .errorResponse(let error)? = answer, error.errorCode == RPCStatusCode.notFound.rawValue
    {
      return nil
    }
    var files: [String: ProtoFileDescriptorProto] = [:]
    try self.add(answer, to: &files)
    // Some servers send the file alone.
    while true {
      let missing = Set(files.values.flatMap(\.dependency)).subtracting(files.keys).sorted()
      if missing.isEmpty { break }
      let before = files.count
      for answer in try await self.ask(missing.map { .fileByFilename($0) }) {
        try self.add(answer, to: &files)
      }
      guard files.count > before, files.count <= Self.maxFiles else { throw Self.strange }
    }
    return Schema(files.keys.sorted().compactMap { files[$0] })
  }

  private func add(
    _ answer: ServerReflectionResponse.MessageResponseOneof?,
    to files: inout [String: ProtoFileDescriptorProto]
  ) throws {
    switch answer {
    case .fileDescriptorResponse(let response)?:
      for bytes in response.fileDescriptorProto {
        do {
          let file = try ProtoFileDescriptorProto(decoding: bytes)
          files[file.name ?? ""] = file
        } catch {
          throw ToolError(.internalError, "the server describes itself wrongly: \(error)")
        }
      }
    case .errorResponse(let error)?:
      throw RPCError(RPCStatusCode(rawValue: error.errorCode) ?? .unknown, error.errorMessage)
    default: throw Self.strange
    }
  }

  /// One call with so many questions; as many answers.
  private func ask(
    _ questions: [ServerReflectionRequest.MessageRequestOneof]
  ) async throws -> [ServerReflectionResponse.MessageResponseOneof] {
    var answers: [ServerReflectionResponse.MessageResponseOneof] = []
    do {
      let responses = self.client.serverReflectionInfo(options: self.context.callOptions) {
        requests in
        for question in questions {
          try await requests.send(.with { $0.messageRequest = question })
        }
      }
      for try await response in responses {
        guard let answer = response.messageResponse else { throw Self.strange }
        answers.append(answer)
        if answers.count == questions.count { break }
      }
    } catch let error as RPCError where error.code == .unimplemented {
      throw ToolError(
        .refused, "what runs at \(self.context.settings.name) does not describe itself",
        remedy:
          "services of Verbatim have grpc.reflection.v1.ServerReflection; check \(self.context.settings.addressOption)"
      )
    }
    guard answers.count == questions.count else { throw Self.strange }
    return answers
  }

  private static var strange: ToolError {
    ToolError(
      .internalError, "the server's reflection service answers something else than it was asked")
  }
}
