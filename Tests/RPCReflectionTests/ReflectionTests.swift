import API
import Protobuf
import ProtobufJSON
import RPC
import RPCReflection
import RPCTestKit
import Testing

/// A service that nothing was generated for.
private struct ByHand: RPCService {
  static let serviceName = "test.ByHand"
  var handlers: [RPCHandler] { [] }
}

/// The gateway's service, without a gateway: only its description is looked at.
private struct Described: RPCService {
  static let serviceName = GatewayMethods.service
  static var protoFile: ProtoFile? { VerbatimGatewayV1GatewayFile.file }
  var handlers: [RPCHandler] { [] }
}

@Suite("Reflection", .timeLimit(.minutes(1)))
struct ReflectionTests {
  /// Asks in one call, and gives the answers in order.
  private static func ask(
    _ questions: ServerReflectionRequest.MessageRequestOneof?...
  ) async throws -> [ServerReflectionResponse] {
    let reflection = try Reflection([Described(), ByHand()])
    let client = ServerReflectionClient(ServiceChannel(service: reflection))
    let answers = client.serverReflectionInfo { requests in
      for question in questions {
        try await requests.send(
          .with {
            $0.host = "h"
            $0.messageRequest = question
          })
      }
    }
    var all: [ServerReflectionResponse] = []
    for try await answer in answers { all.append(answer) }
    #expect(all.map(\.originalRequest?.messageRequest) == questions)
    #expect(all.allSatisfy { $0.validHost == "h" })
    return all
  }

  private static func files(_ response: ServerReflectionResponse?) throws -> [String] {
    guard case .fileDescriptorResponse(let files)? = response?.messageResponse else {
      Issue.record("no files: \(String(describing: response?.messageResponse))")
      return []
    }
    return try files.fileDescriptorProto.map {
      try ProtoFileDescriptorProto(decoding: $0).name ?? ""
    }
  }

  private static func code(_ response: ServerReflectionResponse?) -> Int32? {
    guard case .errorResponse(let error)? = response?.messageResponse else { return nil }
    return error.errorCode
  }

  @Test("All services are listed, reflection and those without a description too")
  func services() async throws {
    let answers = try await Self.ask(.listServices(""))
    guard case .listServicesResponse(let list)? = answers.first?.messageResponse else {
      Issue.record("no list")
      return
    }
    #expect(
      list.service.map(\.name) == [
        "grpc.reflection.v1.ServerReflection", "test.ByHand", "verbatim.gateway.v1.GatewayService",
      ])
  }

  @Test("A file comes first and with all it imports, so that its messages can be used")
  func file() async throws {
    let answers = try await Self.ask(.fileByFilename("verbatim/gateway/v1/gateway.proto"))
    let names = try Self.files(answers.first)
    #expect(names.first == "verbatim/gateway/v1/gateway.proto")
    #expect(names.contains("google/protobuf/timestamp.proto"))
    #expect(Set(names).count == names.count)
    guard case .fileDescriptorResponse(let files)? = answers.first?.messageResponse else { return }
    let pool = DescriptorPool(
      try files.fileDescriptorProto.map { try ProtoFileDescriptorProto(decoding: $0) })
    let json = Array(#"{"job":{"id":"j","createdAt":"2026-01-01T00:00:00Z"}}"#.utf8)
    let type = "verbatim.gateway.v1.GetJobResponse"
    let same = try pool.json(from: pool.binary(fromJSON: json, as: type), as: type)
    #expect(same == json)
  }

  @Test(
    "Whatever has a name is found by it",
    arguments: [
      "verbatim.gateway.v1.GatewayService", "verbatim.gateway.v1.GatewayService.Search",
      "verbatim.gateway.v1.Job", "verbatim.gateway.v1.Job.counts", "verbatim.gateway.v1.JobState",
      "verbatim.gateway.v1.JOB_STATE_DONE",
    ])
  func symbol(name: String) async throws {
    let answers = try await Self.ask(.fileContainingSymbol(name))
    let files = try Self.files(answers.first)
    #expect(files.first == "verbatim/gateway/v1/gateway.proto")
  }

  @Test("What a call has sent already is not sent again, but for the file that is asked for")
  func sentOnce() async throws {
    let answers = try await Self.ask(
      .fileContainingSymbol("verbatim.v1.SearchQuery"),
      .fileContainingSymbol("verbatim.gateway.v1.Job"), .fileByFilename("verbatim/v1/search.proto"))
    let second = try Self.files(answers[1])
    #expect(second.first == "verbatim/gateway/v1/gateway.proto")
    #expect(!second.contains("verbatim/v1/search.proto"))
    let third = try Self.files(answers[2])
    #expect(third == ["verbatim/v1/search.proto"])
  }

  @Test("Mistakes are answered one by one, and the call goes on")
  func mistakes() async throws {
    let answers = try await Self.ask(
      .fileByFilename("nothing.proto"), .fileContainingSymbol("no.Such"), nil,
      .allExtensionNumbersOfType("no.Such"),
      .fileContainingExtension(.with { $0.containingType = "verbatim.gateway.v1.Job" }),
      .allExtensionNumbersOfType("verbatim.gateway.v1.Job"))
    let notFound = RPCStatusCode.notFound.rawValue
    #expect(
      answers.map { Self.code($0) } == [
        notFound, notFound, RPCStatusCode.invalidArgument.rawValue, notFound, notFound, nil,
      ])
    guard case .allExtensionNumbersResponse(let numbers)? = answers.last?.messageResponse else {
      Issue.record("no numbers")
      return
    }
    #expect(numbers.baseTypeName == "verbatim.gateway.v1.Job")
    #expect(numbers.extensionNumber == [])
  }
}
