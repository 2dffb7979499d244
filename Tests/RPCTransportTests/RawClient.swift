internal import Networking
internal import Protobuf
internal import RPCTransport
internal import WireProtocol

/// Bytes to a server and frames back, without any rules.
@NetworkActor
final class RawClient {
  struct Frame: Sendable {
    let header: FrameHeader
    let payload: [UInt8]

    /// What a Response frame says.
    var response: Response? { try? Response(decoding: self.payload) }
  }

  private let stream: Stream
  private var decoder = FrameDecoder(limits: WireLimits())
  let frames = Signal<Frame>()
  /// What the stream ended with; "nil" for an orderly end.
  let closed = Signal<String>()

  private init(_ stream: Stream) {
    self.stream = stream
    stream.onClose = { [closed = self.closed] in closed.send($0.map { "\($0)" } ?? "nil") }
    stream.onReceive = { [weak self] in self?.received($0) }
  }

  /// Whether the extended dialect was agreed on.
  var isExtended: Bool { self.stream.negotiatedProtocol == RPCProtocol.names[0] }

  /// - Parameter settings: Sent first where the extended dialect is agreed on; nil: nothing is sent. The server's are among the frames.
  static func connect(
    port: UInt16, tls: TLSContext? = nil, settings: Settings? = Settings()
  ) async throws -> RawClient {
    let client = RawClient(try await Stream.connect(host: "127.0.0.1", port: port, tls: tls))
    if client.isExtended {
      if let settings { client.frame(.settings, 0, [], settings.encoded()) }
      let first = await client.frames.next()
      precondition(first.header.kind == .settings, "a server's first frame is SETTINGS")
    }
    return client
  }

  func send(_ bytes: [UInt8]) {
    self.stream.outbound.append(bytes)
    self.stream.flush()
  }

  func frame(
    _ kind: FrameKind, _ id: UInt32, _ flags: FrameFlags = [], _ payload: [UInt8] = [],
    announcing length: Int? = nil
  ) {
    self.stream.outbound.append(UInt32(length ?? payload.count))
    self.stream.outbound.append(id)
    self.stream.outbound.append(kind.rawValue)
    self.stream.outbound.append(flags.rawValue)
    self.stream.outbound.append(payload)
    self.stream.flush()
  }

  /// A Request whose message is the id in text, unless another is given: held calls are told apart by it.
  func request(
    _ id: UInt32, _ method: String, _ flags: FrameFlags = [], _ message: [UInt8]? = nil,
    timeout: Int64 = 0
  ) {
    var request = Request()
    request.service = TestMethods.service
    request.method = method
    request.payload = message ?? ProtoStringValue.with { $0.value = String(id) }.encoded()
    request.timeoutNano = timeout
    self.frame(.request, id, flags, request.encoded())
  }

  var isClosed: Bool { self.stream.isClosed }

  /// Bytes that neither the server nor the kernel have taken.
  var unsentBytes: Int { self.stream.unsentBytes }

  func pauseReading(_ paused: Bool) { self.stream.pauseReading(paused) }

  func close() { self.stream.close() }

  private func received(_ buffer: ByteBuffer) {
    let bytes = buffer.bytes.bytes
    var offset = 0
    do {
      while case .frame(let header) = try self.decoder.next(in: bytes, from: &offset) {
        let payload = bytes.extracting((offset - header.payloadBytes)..<offset)
        self.frames.send(Frame(header: header, payload: payload.withUnsafeBytes { [UInt8]($0) }))
      }
      buffer.consume(offset)
    } catch {
      self.stream.close(error)
    }
  }
}
