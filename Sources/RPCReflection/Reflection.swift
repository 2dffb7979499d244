public import Protobuf
public import RPC

/// `grpc.reflection.v1.ServerReflection`: describes the services of this process to whoever calls it, so that tools need
/// no .proto files.
///
/// It serves what generated code embeds: descriptors without comments. A service written by hand is listed and not
/// described.
public struct Reflection: ServerReflectionService {
  private let index: DescriptorIndex
  private let services: [String]

  /// - Parameter services: All that the process offers beside this one.
  /// - Throws: `ProtoError` only where a `ProtoFile` was not made by the generator.
  public init(_ services: [any RPCService]) throws(ProtoError) {
    var files = [GrpcReflectionV1ReflectionFile.file]
    var names = [Self.serviceName]
    for service in services {
      let type = type(of: service)
      names.append(type.serviceName)
      if let file = type.protoFile { files.append(file) }
    }
    self.services = Set(names).sorted()
    self.index = try DescriptorIndex(files)
  }

  public func serverReflectionInfo(
    requests: RPCRequests<ServerReflectionRequest>,
    responses: RPCResponses<ServerReflectionResponse>, context: RPCContext
  ) async throws {
    var sent: Set<String> = []
    for try await request in requests {
      var response = ServerReflectionResponse()
      response.validHost = request.host
      response.originalRequest = request
      response.messageResponse = self.answer(request, &sent)
      try await responses.send(response)
    }
  }

  private func answer(
    _ request: ServerReflectionRequest, _ sent: inout Set<String>
  ) -> ServerReflectionResponse.MessageResponseOneof {
    switch request.messageRequest {
    case .fileByFilename(let name):
      guard self.index.contains(file: name) else {
        return Self.notFound("no file \(name.debugDescription)")
      }
      return self.files(name, &sent)
    case .fileContainingSymbol(let name):
      guard let file = self.index.file(declaring: name) else {
        return Self.notFound("nothing is called \(name.debugDescription)")
      }
      return self.files(file, &sent)
    case .fileContainingExtension(let which):
      guard let file = self.index.extensions(of: which.containingType)?[which.extensionNumber]
      else {
        return Self.notFound(
          "\(which.containingType.debugDescription) has no extension \(which.extensionNumber)")
      }
      return self.files(file, &sent)
    case .allExtensionNumbersOfType(let name):
      guard let extensions = self.index.extensions(of: name) else {
        return Self.notFound("no message \(name.debugDescription)")
      }
      return .allExtensionNumbersResponse(
        .with {
          $0.baseTypeName = name
          $0.extensionNumber = extensions.keys.sorted()
        })
    case .listServices:
      return .listServicesResponse(
        .with { list in list.service = self.services.map { name in .with { $0.name = name } } })
    case nil:
      return Self.failure(.invalidArgument, "the request asks for nothing that this server knows")
    }
  }

  /// A file, and what it imports as far as this call has not sent it.
  private func files(
    _ name: String, _ sent: inout Set<String>
  ) -> ServerReflectionResponse.MessageResponseOneof {
    sent.remove(name)
    let names = self.index.closure(of: name, except: &sent)
    return .fileDescriptorResponse(
      .with { $0.fileDescriptorProto = names.compactMap { self.index.encodedFile($0) } })
  }

  private static func notFound(_ what: String) -> ServerReflectionResponse.MessageResponseOneof {
    self.failure(.notFound, "\(what) on this server; list_services names what it offers")
  }

  private static func failure(
    _ code: RPCStatusCode, _ message: String
  ) -> ServerReflectionResponse.MessageResponseOneof {
    .errorResponse(
      .with {
        $0.errorCode = code.rawValue
        $0.errorMessage = message
      })
  }
}
