internal import Foundation
internal import Networking
internal import Protobuf
internal import RPC
internal import RPCTransport
internal import Telemetry
internal import TestKit
internal import Testing

/// What connections are made of.
enum Transport: String, CaseIterable, CustomTestStringConvertible {
  case plain = "plain TCP"
  case mutualTLS = "mutual TLS"
  /// TLS without ALPN, as Go's and Rust's ttrpc clients have it.
  case ttrpcOverTLS = "TLS without ALPN"

  var testDescription: String { self.rawValue }

  /// Those that this machine can make.
  static var available: [Transport] { TestCertificates.isAvailable ? self.allCases : [.plain] }

  func serverTLS() throws -> TLSContext? {
    guard self != .plain else { return nil }
    let certificates = try TestCertificates.shared.get()
    return try .server(
      certificate: certificates.server.certificate, key: certificates.server.key,
      clientAuthority: certificates.authority, protocols: RPCProtocol.names)
  }

  func clientTLS() throws -> TLSContext? {
    guard self != .plain else { return nil }
    let certificates = try TestCertificates.shared.get()
    return try .client(
      authority: certificates.authority, certificate: certificates.client.certificate,
      key: certificates.client.key, protocols: self == .mutualTLS ? RPCProtocol.names : [])
  }
}

/// A running server and a client of it.
struct Fixture: Sendable {
  let server: RPCServer
  let port: UInt16
  let service: TestService
  let client: RPCClient
  let transport: Transport
  let log: LogLines

  /// Another client.
  func client(
    tls: TLSContext?, serverName: String? = nil, options: RPCClientOptions = RPCClientOptions()
  ) -> RPCClient {
    RPCClient(
      endpoints: [Endpoint(host: "127.0.0.1", port: self.port)], tls: tls, serverName: serverName,
      options: options)
  }

  func echo(_ bytes: [UInt8], _ options: RPCOptions = RPCOptions()) async throws -> [UInt8] {
    try await self.client.unary(TestMethods.echo, .with { $0.value = bytes }, options).value
  }

  func hold(_ name: String, _ options: RPCOptions = RPCOptions()) async throws -> String {
    try await self.client.unary(TestMethods.hold, .with { $0.value = name }, options).value
  }

  func describe(_ options: RPCOptions) async throws -> String {
    try await self.client.unary(TestMethods.describe, ProtoStringValue(), options).value
  }
}

/// What was logged.
final class LogLines: Sendable {
  @NetworkActor private(set) var lines: [LogLine] = []
  let signal = Signal<LogLine>()

  func logger(_ level: LogLevel) -> Logger {
    Logger(
      label: "test", level: level,
      sink: LogSink { line in Task { @NetworkActor in self.add(line) } })
  }

  @NetworkActor
  private func add(_ line: LogLine) {
    self.lines.append(line)
    self.signal.send(line)
  }
}

/// Runs `body` with a server and a client, and stops both in every case.
@NetworkActor
func withServer(
  _ transport: Transport = .plain, port: UInt16 = 0,
  options: RPCServerOptions = RPCServerOptions(),
  clientOptions: RPCClientOptions = RPCClientOptions(), allow: RPCAllowTable = .anyone,
  logLevel: LogLevel = .error, metrics: MetricsRegistry? = nil,
  clientMetrics: MetricsRegistry? = nil,
  _ body: @NetworkActor (Fixture) async throws -> Void
) async throws {
  let service = TestService()
  let log = LogLines()
  var options = options
  // Clients share the network thread with everything else here, and a busy machine can keep them from their first frame.
  if options.settingsTimeout == RPCServerOptions().settingsTimeout {
    options.settingsTimeout = .seconds(50)
  }
  let server = try RPCServer(
    address: "127.0.0.1", port: port, tls: transport.serverTLS(), services: [service],
    options: options, allow: allow, logger: log.logger(logLevel), metrics: metrics)
  let client = RPCClient(
    endpoints: [Endpoint(host: "127.0.0.1", port: server.port)], tls: try transport.clientTLS(),
    serverName: nil, options: clientOptions, metrics: clientMetrics)
  let fixture = Fixture(
    server: server, port: server.port, service: service, client: client, transport: transport,
    log: log)
  let running = Task { await server.run() }
  let result: Result<Void, any Error>
  do {
    result = .success(try await body(fixture))
  } catch {
    result = .failure(error)
  }
  await client.close()
  running.cancel()
  await running.value
  try result.get()
}

/// The error that `body` throws, if it is an `RPCError`.
func rpcError(_ body: () async throws -> Void) async -> RPCError? {
  do {
    try await body()
    Issue.record("no error was thrown")
  } catch let error as RPCError {
    return error
  } catch {
    Issue.record("not an RPCError: \(error)")
  }
  return nil
}
