internal import API
@testable internal import CommandLineTool
internal import Protobuf
internal import RPC
internal import RPCHealth
internal import RPCInteropKit
internal import RPCReflection
internal import RPCTestKit
internal import RPCTransport
internal import Testing

/// `verbatim call`, against gRPC's test service: all kinds of calls, known by reflection only.
@Suite("verbatim call", .timeLimit(.minutes(1)))
struct CallCommandTests {
  private static let service = "grpc.testing.TestService"

  /// A service without a .proto file.
  private struct ByHand: RPCService {
    static let serviceName = "test.ByHand"
    var handlers: [RPCHandler] { [] }
  }

  private static func services() throws -> [any RPCService] {
    let services: [any RPCService] = [
      InteropService(), ScriptedGateway(), ByHand(), Health(services: []) { true },
    ]
    return services + [try Reflection(services)]
  }

  /// Runs the tool without a network.
  private static func run(
    _ line: [String], files: [String: String] = [:], input: [String] = [],
    services: [any RPCService]? = nil,
    onCall: @escaping @Sendable (RPCOptions) -> Void = { _ in }
  ) async throws -> ToolRun {
    let services = try services ?? Self.services()
    var surroundings = ToolRun.Surroundings()
    surroundings.files = files
    surroundings.input = input
    surroundings.connect = { _ in
      GatewayConnection(channel: ServiceChannel(services: services, onCall: onCall))
    }
    return await ToolRun.of(line: ["call"] + line, in: surroundings)
  }

  // MARK: What there is

  @Test("Services are listed, and the methods of one by a part of its name")
  func list() async throws {
    let services = try await Self.run(["list"])
    #expect(
      services.output == """
        grpc.health.v1.Health
        grpc.reflection.v1.ServerReflection
        grpc.testing.TestService
        test.ByHand
        verbatim.gateway.v1.GatewayService

        """)
    let methods = try await Self.run(["list", "TestService"])
    #expect(
      methods.output == """
        grpc.testing.TestService/EmptyCall
        grpc.testing.TestService/UnaryCall
        grpc.testing.TestService/StreamingOutputCall
        grpc.testing.TestService/StreamingInputCall
        grpc.testing.TestService/FullDuplexCall

        """)
    #expect(methods.exitCode == .ok)
  }

  @Test("A method is described as .proto text, with what it takes and gives")
  func describeMethod() async throws {
    let run = try await Self.run(["describe", "TestService/StreamingOutputCall"])
    #expect(
      run.output == """
        // grpc.testing.TestService.StreamingOutputCall, in grpc/testing/test.proto
        rpc StreamingOutputCall(grpc.testing.StreamingOutputCallRequest) returns (stream grpc.testing.StreamingOutputCallResponse);

        // grpc.testing.StreamingOutputCallRequest, in grpc/testing/messages.proto
        message StreamingOutputCallRequest {
          grpc.testing.PayloadType response_type = 1;
          repeated grpc.testing.ResponseParameters response_parameters = 2;
          grpc.testing.Payload payload = 3;
          grpc.testing.EchoStatus response_status = 7;
        }

        // grpc.testing.StreamingOutputCallResponse, in grpc/testing/messages.proto
        message StreamingOutputCallResponse {
          grpc.testing.Payload payload = 1;
        }

        """)
  }

  @Test(
    "Messages, enums, maps and oneofs are described, also by the name of a part",
    arguments: [
      (
        "grpc.testing.PayloadType",
        """
        // grpc.testing.PayloadType, in grpc/testing/messages.proto
        enum PayloadType {
          COMPRESSABLE = 0;
        }

        """
      ),
      (
        "Empty",
        """
        // grpc.testing.Empty, in grpc/testing/messages.proto
        message Empty {}

        """
      ),
      (
        "grpc.testing.Payload.body",
        """
        // grpc.testing.Payload, in grpc/testing/messages.proto
        message Payload {
          grpc.testing.PayloadType type = 1;
          bytes body = 2;
        }

        """
      ),
      (
        "grpc.health.v1.HealthListResponse",
        """
        // grpc.health.v1.HealthListResponse, in grpc/health/v1/health.proto
        message HealthListResponse {
          map<string, grpc.health.v1.HealthCheckResponse> statuses = 1;
        }

        """
      ),
      (
        "grpc.health.v1.HealthListRequest",
        """
        // grpc.health.v1.HealthListRequest, in grpc/health/v1/health.proto
        message HealthListRequest {}

        """
      ),
      (
        "grpc.health.v1.HealthCheckResponse",
        """
        // grpc.health.v1.HealthCheckResponse, in grpc/health/v1/health.proto
        message HealthCheckResponse {
          grpc.health.v1.HealthCheckResponse.ServingStatus status = 1;
          enum ServingStatus {
            UNKNOWN = 0;
            SERVING = 1;
            NOT_SERVING = 2;
            SERVICE_UNKNOWN = 3;
          }
        }

        """
      ),
      (
        "grpc.reflection.v1.ServerReflectionRequest",
        """
        // grpc.reflection.v1.ServerReflectionRequest, in grpc/reflection/v1/reflection.proto
        message ServerReflectionRequest {
          string host = 1;
          oneof message_request {
            string file_by_filename = 3;
            string file_containing_symbol = 4;
            grpc.reflection.v1.ExtensionRequest file_containing_extension = 5;
            string all_extension_numbers_of_type = 6;
            string list_services = 7;
          }
        }

        """
      ),
      (
        "Health",
        """
        // grpc.health.v1.Health, in grpc/health/v1/health.proto
        service Health {
          rpc Check(grpc.health.v1.HealthCheckRequest) returns (grpc.health.v1.HealthCheckResponse) {
            option idempotency_level = NO_SIDE_EFFECTS;
          }
          rpc List(grpc.health.v1.HealthListRequest) returns (grpc.health.v1.HealthListResponse) {
            option idempotency_level = NO_SIDE_EFFECTS;
          }
          rpc Watch(grpc.health.v1.HealthCheckRequest) returns (stream grpc.health.v1.HealthCheckResponse) {
            option idempotency_level = NO_SIDE_EFFECTS;
          }
        }

        """
      ),
    ])
  func describe(name: String, text: String) async throws {
    let run = try await Self.run(["describe", name])
    #expect(run.output == text, "\(run.errors)")
  }

  @Test("Without a name every service is described; one without a schema is named")
  func describeAll() async throws {
    let run = try await Self.run(["describe"])
    for text in [
      "service Health {", "service ServerReflection {", "service TestService {",
      "// test.ByHand is not described", "service GatewayService {",
    ] {
      #expect(run.output.contains(text))
    }
  }

  // MARK: Calls

  @Test("A unary call takes JSON and gives JSON", arguments: ["-d", "--data"])
  func unary(flag: String) async throws {
    let json = #"{"responseSize": 3, "payload": {"body": "AQI="}}"#
    let run = try await Self.run(["\(Self.service)/UnaryCall", flag, json])
    #expect(
      run.output == """
        {
          "payload": {
            "body": "AAAA"
          }
        }

        """, "\(run.errors)")
    #expect(run.exitCode == .ok)
    let line = try await Self.run([
      "TestService.UnaryCall", #"-d{"response_size": 3}"#, "--json", "--defaults",
    ])
    #expect(line.output == #"{"payload":{"type":"COMPRESSABLE","body":"AAAA"}}"# + "\n")
  }

  @Test("Without data the request is empty, and an empty answer is an empty object")
  func empty() async throws {
    let run = try await Self.run(["TestService/EmptyCall"])
    #expect(run.output == "{}\n", "\(run.errors)")
  }

  @Test("Each message of a stream is printed")
  func serverStreaming() async throws {
    let run = try await Self.run(
      ["TestService/StreamingOutputCall", "--json", "-d", "@request.json"],
      files: ["request.json": #"{"responseParameters": [{"size": 1}, {"size": 2}]}"#])
    #expect(
      run.output == """
        {"payload":{"body":"AA=="}}
        {"payload":{"body":"AAA="}}

        """, "\(run.errors)")
  }

  @Test(
    "A stream of requests comes from standard input, however it is cut", arguments: ["-", "@-"])
  func clientStreaming(data: String) async throws {
    let run = try await Self.run(
      ["TestService/StreamingInputCall", "--json", "-d", data],
      input: [#"{"payload":{"bo"#, #"dy":"AAAA"}} {"payl"#, #"oad":{"body":"AA=="}}"#, "\n"])
    #expect(run.output == #"{"aggregatedPayloadSize":4}"# + "\n", "\(run.errors)")
  }

  @Test("Both sides stream")
  func bidirectional() async throws {
    let request = #"{"responseParameters":[{"size":1}]}"#
    let run = try await Self.run(
      ["TestService/FullDuplexCall", "--json", "-d", "-"], input: [request + request, request])
    #expect(run.output == String(repeating: #"{"payload":{"body":"AA=="}}"# + "\n", count: 3))
  }

  @Test("Over a connection it is all the same")
  func connection() async throws {
    let server = try await RPCServer(
      address: "127.0.0.1", port: 0, tls: nil, services: try Self.services())
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await server.run() }
      let port = await server.port
      func run(_ line: String..., input: [String] = []) async -> ToolRun {
        var surroundings = ToolRun.Surroundings()
        surroundings.connect = GatewayConnection.make
        surroundings.input = input
        return await ToolRun.of(
          line: ["call"] + line + ["--json", "--plaintext", "--address", "127.0.0.1:\(port)"],
          in: surroundings)
      }
      #expect(await run("list", "Health").output.hasPrefix("grpc.health.v1.Health/Check\n"))
      #expect(await run("Health/Check").output == #"{"status":"SERVING"}"# + "\n")
      let size = #"{"responseParameters":[{"size":1}]}"#
      #expect(
        await run("TestService/StreamingOutputCall", "-d", size).output
          == #"{"payload":{"body":"AA=="}}"# + "\n")
      #expect(
        await run("TestService/StreamingInputCall", "-d", "-", input: ["{}", "{}"]).output
          == "{}\n")
      #expect(
        await run("TestService/FullDuplexCall", "-d", "-", input: [size, size]).output
          == String(repeating: #"{"payload":{"body":"AA=="}}"# + "\n", count: 2))
      let wrong = await run("TestService/FullDuplexCall", "-d", "-", input: [size, "{\"x\":1}"])
      #expect(wrong.exitCode == .usage)
      #expect(
        wrong.errors.contains("the request is no grpc.testing.StreamingOutputCallRequest: "),
        "\(wrong.errors)")
      let failed = await run(
        "TestService/UnaryCall", "-d", #"{"responseStatus":{"code":9,"message":"not now"}}"#)
      #expect(failed.errors == "error: FAILED_PRECONDITION: not now\n")
      #expect(failed.exitCode == .refused)
      await server.beginGracefulShutdown()
    }
  }

  @Test("Metadata and a deadline go along; a stream has one only where it is asked for")
  func options() async throws {
    let (stream, seen) = AsyncStream.makeStream(of: RPCOptions.self)
    let header = ["-H", "X-Key: a: b", "-H", "x-key:c"]
    for line in [
      ["TestService/EmptyCall", "--timeout", "3s"] + header, ["TestService/StreamingOutputCall"],
      ["TestService/StreamingOutputCall", "--timeout", "3s"],
    ] {
      _ = try await Self.run(line) { seen.yield($0) }
      seen.yield(RPCOptions(metadata: ["last": "1"]))
    }
    seen.finish()
    var calls: [RPCOptions] = []
    var previous: RPCOptions?
    for await options in stream {
      if options.metadata["last"] != nil, let previous { calls.append(previous) }
      previous = options
    }
    #expect(calls.count == 3)
    #expect(calls[0].metadata.map { "\($0.key)=\($0.value)" } == ["x-key=a: b", "x-key=c"])
    #expect(calls.map(\.timeout) == [.seconds(3), nil, .seconds(3)])
  }

  @Test("With --verbose metadata and trailers are told, of failures too")
  func verbose() async throws {
    let line = ["TestService/UnaryCall", "-H", "x-grpc-test-echo-initial: first"]
    let headers = line + ["-H", "x-grpc-test-echo-trailing-bin: q6ur"]
    let told =
      "metadata: x-grpc-test-echo-initial: first\ntrailer: x-grpc-test-echo-trailing-bin: q6ur\n"
    let verbose = try await Self.run(headers + ["--verbose"])
    #expect(verbose.errors == told)
    let failed = try await Self.run(
      headers + ["--verbose", "-d", #"{"responseStatus":{"code":9,"message":"not now"}}"#])
    #expect(failed.errors.hasSuffix(told), "\(failed.errors)")
    let quiet = try await Self.run(headers)
    #expect(quiet.errors.isEmpty)
  }

  // MARK: What goes wrong

  @Test(
    "Mistakes end with 64 and name the remedy",
    arguments: [
      (["Search"], "error: Search is not a method\nhint: write SERVICE/METHOD; verbatim call list"),
      (
        ["Nothing/Search"],
        "error: there is no service Nothing here\nhint: the services are grpc.health.v1.Health, "
      ),
      (
        ["TestService/Nothing"],
        "error: grpc.testing.TestService has no method Nothing\nhint: its methods are EmptyCall, UnaryCall, "
      ),
      (
        ["TestService/UnaryCall", "-d", "{\"responseSiz\": 1}"],
        "error: the request is no grpc.testing.SimpleRequest: "
      ),
      (
        ["TestService/UnaryCall", "-d", "{\"responseSize\": \"x\"}"],
        "hint: verbatim call describe grpc.testing.SimpleRequest shows what it has\n"
      ),
      (
        ["TestService/UnaryCall", "-d", "{} {}"],
        "error: grpc.testing.TestService/UnaryCall takes one request, and there are more\n"
      ),
      (["TestService/UnaryCall", "-d", "@none"], "error: --data @none: no such file\n"),
      (
        ["TestService/UnaryCall", "-H", "x"],
        "error: --header x: there is no colon\nhint: write 'KEY: VALUE'\n"
      ),
      (["TestService/UnaryCall", "-H", "a b: x"], "keys have letters, digits and _ . - only"),
      (["TestService/UnaryCall", "{}"], "hint: write verbatim call TestService/UnaryCall -d JSON"),
      (["describe", "no.Such"], "error: nothing is called no.Such here\n"),
      (["TestService/UnaryCall", "-d"], "error: --data needs a value\n"),
    ])
  func mistakes(line: [String], message: String) async throws {
    let run = try await Self.run(line)
    #expect(run.errors.contains(message), "\(run.errors)")
    #expect(run.exitCode == .usage)
    #expect(run.output == "")
  }

  @Test("An error has its status, its message, its details and what helps")
  func error() async throws {
    var gateway = ScriptedGateway()
    gateway.jobs = { _ in
      var error = RPCError(.resourceExhausted, "the queue is full", retryAfter: .seconds(3))
      for (type, bytes) in [
        ("grpc.testing.EchoStatus", InteropEchoStatus.with { $0.code = 7 }.encoded()),
        ("no.Such", [1, 2, 3]),
      ] {
        error.details.append(
          .with {
            $0.typeUrl = "type.googleapis.com/" + type
            $0.value = bytes
          })
      }
      throw error
    }
    let services: [any RPCService] = [gateway, InteropService()]
    let run = try await Self.run(
      ["GatewayService/ListJobs"], services: services + [try Reflection(services)])
    #expect(
      run.errors == """
        error: RESOURCE_EXHAUSTED: the queue is full
        hint: try again in 3.0 s
        detail: google.rpc.RetryInfo wait 3.0 s
        detail: grpc.testing.EchoStatus {"code":7}
        detail: no.Such 3 bytes, which the server does not describe

        """)
    #expect(run.exitCode == .tryAgain)
  }

  @Test("A server without reflection is told apart from one that is not there")
  func noReflection() async throws {
    let run = try await Self.run(["list"], services: [InteropService()])
    #expect(run.errors.hasPrefix("error: what runs at 127.0.0.1:7400 does not describe itself\n"))
    #expect(run.exitCode == .refused)
  }

  @Test("A service that is listed and has no schema cannot be called")
  func noSchema() async throws {
    let run = try await Self.run(["test.ByHand/Do"])
    #expect(run.errors.hasPrefix("error: the server lists test.ByHand and does not describe it\n"))
    #expect(run.exitCode == .refused)
  }
}
