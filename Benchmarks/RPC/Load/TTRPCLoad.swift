internal import Networking
internal import Protobuf
internal import WireProtocol

/// Load on a ttrpc server: plain ttrpc, as every peer speaks it. All requests are the same bytes but for their ids.
@NetworkActor
final class TTRPCLoad: LoadConnection {
  var onEnd: @NetworkActor (Int, String?) -> Void = { _, _ in }
  private(set) var messages = 0

  private let stream: Stream
  private let method: LoadMethod
  private let request: [UInt8]
  private let flags: FrameFlags
  private var decoder = FrameDecoder(limits: WireLimits())
  private var nextID: UInt32 = 1

  private init(_ stream: Stream, _ method: LoadMethod) {
    self.stream = stream
    self.method = method
    var request = Request()
    request.service = LoadMethod.service
    request.method = method.name
    request.payload = method.message
    request.timeoutNano = Int64(LoadMethod.timeoutSeconds) * 1_000_000_000
    request.metadata = LoadMethod.metadata.map { key, value in
      .with { ($0.key, $0.value) = (key, value) }
    }
    self.request = request.encoded()
    if case .stream = method { self.flags = .remoteClosed } else { self.flags = [] }
  }

  static func connect(
    _ port: UInt16, _ tls: TLSContext, _ method: LoadMethod
  ) async throws -> TTRPCLoad {
    let stream = try await Stream.connect(host: "localhost", port: port, tls: tls)
    let load = TTRPCLoad(stream, method)
    stream.onReceive = { [weak load] in load?.received($0) }
    return load
  }

  func begin() {
    self.stream.outbound.append(UInt32(self.request.count))
    self.stream.outbound.append(self.nextID)
    self.stream.outbound.append(FrameKind.request.rawValue)
    self.stream.outbound.append(self.flags.rawValue)
    self.stream.outbound.append(self.request)
    self.nextID += 2
    self.stream.flush()
  }

  func close() { self.stream.close() }

  private func received(_ buffer: ByteBuffer) {
    let bytes = buffer.bytes.bytes
    var offset = 0
    do {
      while case .frame(let header) = try self.decoder.next(in: bytes, from: &offset) {
        let call = Int(header.streamID.number) / 2
        switch header.kind {
        case .data where header.flags.contains(.noData): self.onEnd(call, nil)
        case .data: self.messages += 1
        case .response:
          // The message came back whole, or something is wrong.
          guard header.payloadBytes < self.method.responseBytes else {
            self.onEnd(call, nil)
            continue
          }
          let payload = bytes.extracting((offset - header.payloadBytes)..<offset)
          let response = try? Response(decoding: payload)
          self.onEnd(call, response?.status?.message ?? "a response without its message")
        default: break
        }
      }
      buffer.consume(offset)
    } catch {
      self.stream.close(error)
    }
  }
}
