import Networking
import TestKit

/// A listener that sends back whatever it gets, and what it was told about connections that failed.
@NetworkActor
final class EchoServer {
  private var listener: Listener?
  private(set) var streams: [Stream] = []
  private(set) var failures: [NetworkError] = []
  /// Called with each connection before it is read.
  var onAccept: (@NetworkActor (Stream) -> Void)?
  let failed = Signal<NetworkError>()
  let accepted = Signal<Stream>()
  /// What streams ended with; "nil" for an orderly end.
  let ended = Signal<String>()

  init(address: String = "127.0.0.1", tls: TLSContext? = nil, limits: ListenerLimits = .init())
    throws
  {
    let listener = try Listener(address: address, port: 0, tls: tls, limits: limits) {
      [weak self] stream in self?.serve(stream)
    }
    listener.onFailure = { [weak self] error, _ in
      self?.failures.append(error)
      self?.failed.send(error)
    }
    self.listener = listener
  }

  var port: UInt16 { self.listener?.port ?? 0 }

  var connectionCount: Int { self.listener?.connectionCount ?? 0 }

  /// For connections from now on.
  var tls: TLSContext? {
    get { self.listener?.tls }
    set { self.listener?.tls = newValue }
  }

  private func serve(_ stream: Stream) {
    self.streams.append(stream)
    stream.onClose = { [ended = self.ended] error in ended.send(error.map { "\($0)" } ?? "nil") }
    self.onAccept?(stream)
    if stream.onReceive == nil {
      stream.onReceive = { [unowned stream] buffer in
        stream.outbound.append(buffer.bytes)
        buffer.consume(buffer.count)
        stream.flush()
      }
    }
    self.accepted.send(stream)
  }

  /// A client's connection, with a time limit that no slow machine reaches.
  func connect(
    host: String = "127.0.0.1", tls: TLSContext? = nil, serverName: String? = nil
  ) async throws -> Stream {
    try await Stream.connect(
      host: host, port: self.port, tls: tls, serverName: serverName, timeout: .seconds(50))
  }

  func close() {
    self.listener?.close()
    self.listener = nil
    for stream in self.streams { stream.close() }
    self.streams = []
  }
}

/// Runs `body` with a server, and closes it in every case.
@NetworkActor
func withEchoServer<Result: Sendable>(
  address: String = "127.0.0.1", tls: TLSContext? = nil, limits: ListenerLimits = .init(),
  _ body: @NetworkActor (EchoServer) async throws -> Result
) async throws -> Result {
  let server = try EchoServer(address: address, tls: tls, limits: limits)
  defer { server.close() }
  return try await body(server)
}

/// Values that come from a callback, to be waited for one after another.
@NetworkActor
final class Signal<Value: Sendable> {
  private var values: [Value] = []
  private var waiting: [CheckedContinuation<Value, Never>] = []

  nonisolated init() {}

  func send(_ value: Value) {
    if self.waiting.isEmpty {
      self.values.append(value)
    } else {
      self.waiting.removeFirst().resume(returning: value)
    }
  }

  func next() async -> Value {
    if !self.values.isEmpty { return self.values.removeFirst() }
    return await withCheckedContinuation { self.waiting.append($0) }
  }
}

extension Stream {
  /// Waits until `count` bytes have come and takes them; or what came before the end, and the error it ended with.
  func receive(_ count: Int) async -> (bytes: [UInt8], error: (any Error)?) {
    final class Answer {
      var bytes: [UInt8] = []
      var continuation: CheckedContinuation<(bytes: [UInt8], error: (any Error)?), Never>?

      func finish(_ error: (any Error)?) {
        self.continuation?.resume(returning: (self.bytes, error))
        self.continuation = nil
      }
    }
    guard !self.isClosed else { return ([], NetworkError(.closed, "closed before")) }
    let answer = Answer()
    let result = await withCheckedContinuation { continuation in
      answer.continuation = continuation
      self.onClose = { answer.finish($0) }
      self.onReceive = { buffer in
        let part = min(buffer.count, count - answer.bytes.count)
        answer.bytes += buffer.bytes[..<part]
        buffer.consume(part)
        if answer.bytes.count == count { answer.finish(nil) }
      }
    }
    if !self.isClosed {
      self.onReceive = nil
      self.onClose = nil
    }
    return result
  }

  func send(_ bytes: [UInt8]) {
    self.outbound.append(bytes)
    self.flush()
  }

  /// Waits until it ends, throwing away what comes: nil for an orderly end.
  func end() async -> NetworkError? {
    guard !self.isClosed else { return nil }
    return await withCheckedContinuation { continuation in
      self.onClose = { continuation.resume(returning: $0 as? NetworkError) }
      self.onReceive = { $0.clear() }
    }
  }
}

/// Contexts out of ``TestCertificates``. Made on Swift's pool: the first use runs `openssl` many times, and the network thread must not wait.
enum Contexts {
  @concurrent static func server(
    _ kind: TestCertificates.Kind = .server,
    mutual: Bool = true,
    protocols: [String] = []
  ) async throws -> TLSContext {
    let certificates = try TestCertificates.shared.get()
    let pair = certificates[kind]
    return try .server(
      certificate: pair.certificate, key: pair.key,
      clientAuthority: mutual ? certificates.authority : nil, protocols: protocols)
  }

  @concurrent static func client(
    _ kind: TestCertificates.Kind? = .client,
    foreignAuthority: Bool = false,
    protocols: [String] = []
  ) async throws -> TLSContext {
    let certificates = try TestCertificates.shared.get()
    let pair = kind.map { certificates[$0] }
    return try .client(
      authority: foreignAuthority ? certificates.foreignAuthority : certificates.authority,
      certificate: pair?.certificate, key: pair?.key, protocols: protocols)
  }
}
