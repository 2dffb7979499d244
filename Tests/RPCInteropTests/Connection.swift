internal import Networking
internal import RPC
internal import RPCInteropKit
internal import RPCTransport
internal import TestKit
internal import Testing

/// What client and server speak.
enum Mode: String, CaseIterable, CustomTestStringConvertible {
  /// ttrpc as published, without TLS.
  case plain = "plain ttrpc"
  /// ttrpc as Go and Rust clients speak it: TLS without ALPN.
  case plainOverTLS = "plain ttrpc over TLS"
  /// With our extensions, which ALPN agrees on.
  case extended = "verbatim-rpc/1"

  var testDescription: String { self.rawValue }

  /// Those that this machine can make certificates for.
  static var available: [Mode] { TestCertificates.isAvailable ? self.allCases : [.plain] }

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
      key: certificates.client.key, protocols: self == .extended ? RPCProtocol.names : [])
  }
}

/// A client of a running interoperability server.
struct Connection: Sendable {
  let service: InteropService
  let client: RPCClient
  let port: UInt16

  var test: InteropTestClient { InteropTestClient(self.client) }

  /// Runs `body` beside a server.
  static func with(_ mode: Mode, _ body: (Connection) async throws -> Void) async throws {
    let service = InteropService()
    let server = try await RPCServer(
      address: "127.0.0.1", port: 0, tls: try mode.serverTLS(), services: [service])
    let port = await server.port
    let client = RPCClient(
      endpoints: [Endpoint(host: "localhost", port: port)], tls: try mode.clientTLS(),
      serverName: nil)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await server.run() }
      do {
        try await body(Connection(service: service, client: client, port: port))
      } catch {
        await client.close()
        group.cancelAll()
        throw error
      }
      await client.close()
      group.cancelAll()
    }
  }
}
