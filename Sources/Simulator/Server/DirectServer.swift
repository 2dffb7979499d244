internal import HTTPServer
internal import Networking

/// The TLS port: hands each connection to HTTP/2 or HTTP/1.1, as client and server have agreed.
@NetworkActor
final class DirectServer {
  typealias Handler = HTTP2ServerConnection.Handler

  private let handler: Handler
  private let http1: HTTPServer
  private var http2: [UInt64: HTTP2ServerConnection] = [:]
  private var accepted: UInt64 = 0
  private var listener: Listener?

  /// Listens at once.
  ///
  /// - Throws: What listening or reading the certificate throws; it names the address or the file.
  init(_ configuration: SimulatorConfiguration, handler: @escaping Handler) throws {
    self.handler = handler
    var options = HTTPServerOptions(address: configuration.address, port: configuration.port)
    options.maxConnections = configuration.maxConnections
    self.http1 = HTTPServer(servingOnly: options) { request in
      let answer = await handler(request)
      return answer.isCut ? Self.cut(answer.response) : answer.response
    }
    let tls = try TLSContext.server(
      certificate: configuration.certificateFile, key: configuration.keyFile, clientAuthority: nil,
      protocols: configuration.allowsHTTP2 ? ["h2", "http/1.1"] : ["http/1.1"])
    var limits = ListenerLimits()
    limits.maxConnections = configuration.maxConnections
    self.listener = try Listener(
      address: configuration.address, port: configuration.port, tls: tls, limits: limits
    ) { [weak self] in self?.accept($0) }
  }

  var port: UInt16 { self.listener?.port ?? 0 }

  /// Connections that are open.
  var connectionCount: Int { self.http1.connectionCount + self.http2.count }

  /// Serves until the task is cancelled.
  func run() async {
    await self.http1.run()
    self.listener?.close()
    self.listener = nil
    for connection in self.http2.values { connection.close() }
  }

  private func accept(_ stream: Stream) {
    guard stream.negotiatedProtocol == "h2" else { return self.http1.serve(stream) }
    self.accepted += 1
    // Above those of HTTP/1.1, which counts from 1.
    let connection = HTTP2ServerConnection(
      id: 1 << 32 | self.accepted, stream: stream, handler: self.handler
    ) { [weak self] in self?.http2[$0.id] = nil }
    self.http2[connection.id] = connection
  }

  /// The same response, broken off in the middle.
  private static func cut(_ response: HTTPResponse) -> HTTPResponse {
    guard case .bytes(let bytes) = response.body else { return response }
    var response = response
    response.body = .stream(length: bytes.count) { writer in
      try await writer.write(Array(bytes.prefix(bytes.count / 2)))
    }
    return response
  }
}
