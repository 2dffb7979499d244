internal import Networking

/// Load on a gRPC server: just enough of HTTP/2 (RFC 9113) and HPACK (RFC 7541) to call one method.
///
/// As gRPC clients do, it indexes headers with the first call and refers to them afterwards; its windows never hold a server
/// up, and it keeps to the server's.
@NetworkActor
final class HTTP2Load: LoadConnection {
  private enum FrameType {
    static let data: UInt8 = 0, headers: UInt8 = 1, reset: UInt8 = 3, settings: UInt8 = 4
    static let ping: UInt8 = 6, goAway: UInt8 = 7, windowUpdate: UInt8 = 8
  }
  private static let endOfStream: UInt8 = 1
  private static let endOfHeaders: UInt8 = 4
  private static let acknowledgement: UInt8 = 1
  private static let headerBytes = 9
  private static let maxWindow = 0x7fff_ffff
  private static let initialWindow = 65_535
  /// Received bytes after which the connection's window is opened again.
  private static let windowStep = 1 << 30
  /// More than are ever in flight.
  private static let ring = 4096

  var onEnd: @NetworkActor (Int, String?) -> Void = { _, _ in }
  private(set) var messages = 0

  private let stream: Stream
  private let method: LoadMethod
  private let message: [UInt8]
  private var nextID: UInt32 = 1
  private var sendWindow = HTTP2Load.initialWindow
  private var waiting = 0
  private var sinceUpdate = 0
  /// Bytes of each call's response.
  private var received = [Int](repeating: 0, count: HTTP2Load.ring)

  private init(_ stream: Stream, _ method: LoadMethod) {
    self.stream = stream
    self.method = method
    let message = method.message
    self.message = [0] + Self.big(UInt32(message.count)) + message
  }

  static func connect(
    _ port: UInt16, _ tls: TLSContext, _ method: LoadMethod
  ) async throws -> HTTP2Load {
    let stream = try await Stream.connect(host: "localhost", port: port, tls: tls)
    let load = HTTP2Load(stream, method)
    stream.onReceive = { [weak load] in load?.receive($0) }
    stream.outbound.append("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    // SETTINGS_INITIAL_WINDOW_SIZE
    load.frame(FrameType.settings, 0, 0, [0, 4] + Self.big(UInt32(Self.maxWindow)))
    load.frame(
      FrameType.windowUpdate, 0, 0, Self.big(UInt32(Self.maxWindow - Self.initialWindow)))
    stream.flush()
    return load
  }

  func begin() {
    guard self.waiting == 0, self.message.count <= self.sendWindow else {
      self.waiting += 1
      return
    }
    self.send()
    self.stream.flush()
  }

  func close() { self.stream.close() }

  private func send() {
    let id = self.nextID
    self.nextID += 2
    self.received[Int(id / 2) % Self.ring] = 0
    self.sendWindow -= self.message.count
    self.frame(FrameType.headers, Self.endOfHeaders, id, self.headers(isFirst: id == 1))
    self.frame(FrameType.data, Self.endOfStream, id, self.message)
  }

  private func frame(_ type: UInt8, _ flags: UInt8, _ id: UInt32, _ payload: [UInt8]) {
    self.stream.outbound.append(UInt32(payload.count) << 8 | UInt32(type))
    self.stream.outbound.append(flags)
    self.stream.outbound.append(id)
    self.stream.outbound.append(payload)
  }

  // MARK: Headers

  /// The header block of a request. What the first indexes has the numbers 62 and on, the newest first.
  private func headers(isFirst: Bool) -> [UInt8] {
    let path = "/\(LoadMethod.service)/\(self.method.name)"
    let indexed =
      [(":path", path), (":authority", "localhost"), ("content-type", "application/grpc")]
      + [("te", "trailers")] + LoadMethod.metadata
    // :method POST and :scheme https of the static table.
    var block: [UInt8] = [0x83, 0x87]
    for (place, (name, value)) in indexed.enumerated() {
      if isFirst {
        block += [0x40] + Self.literal(name) + Self.literal(value)
      } else {
        block.append(0x80 | UInt8(62 + indexed.count - 1 - place))
      }
    }
    // Never indexed: a deadline is another one each time.
    return block + [0x00] + Self.literal("grpc-timeout")
      + Self.literal("\(LoadMethod.timeoutSeconds)S")
  }

  private static func literal(_ text: String) -> [UInt8] { [UInt8(text.utf8.count)] + text.utf8 }

  private static func big(_ number: UInt32) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }

  // MARK: Receiving

  private func receive(_ buffer: ByteBuffer) {
    let bytes = buffer.bytes
    var offset = 0
    while bytes.count - offset >= Self.headerBytes {
      let word = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      let length = Int(word >> 8)
      guard bytes.count - offset >= Self.headerBytes + length else { break }
      let flags = bytes[offset + 4]
      let id = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 5, as: UInt32.self))
      let payload = UnsafeRawBufferPointer(
        rebasing: bytes[(offset + Self.headerBytes)..<(offset + Self.headerBytes + length)])
      self.frameReceived(UInt8(word & 0xff), flags, id, payload)
      offset += Self.headerBytes + length
    }
    buffer.consume(offset)
    self.stream.flush()
  }

  private func frameReceived(
    _ type: UInt8, _ flags: UInt8, _ id: UInt32, _ payload: UnsafeRawBufferPointer
  ) {
    switch type {
    case FrameType.data:
      self.received[Int(id / 2) % Self.ring] += payload.count
      self.sinceUpdate += payload.count
      if self.sinceUpdate >= Self.windowStep {
        self.frame(FrameType.windowUpdate, 0, 0, Self.big(UInt32(self.sinceUpdate)))
        self.sinceUpdate = 0
      }
    case FrameType.headers where flags & Self.endOfStream != 0: self.ended(id)
    case FrameType.reset: self.onEnd(Int(id / 2), "the stream was reset")
    case FrameType.goAway: self.stream.close()
    case FrameType.settings where flags & Self.acknowledgement == 0:
      self.frame(FrameType.settings, Self.acknowledgement, 0, [])
    case FrameType.ping where flags & Self.acknowledgement == 0:
      self.frame(FrameType.ping, Self.acknowledgement, 0, Array(payload))
    case FrameType.windowUpdate where id == 0:
      self.sendWindow += Int(
        UInt32(bigEndian: payload.loadUnaligned(as: UInt32.self)) & UInt32(Self.maxWindow))
      while self.waiting > 0, self.message.count <= self.sendWindow {
        self.waiting -= 1
        self.send()
      }
    default: break
    }
  }

  /// The trailers have come; with which status is told by what came before them.
  private func ended(_ id: UInt32) {
    let unit = 5 + self.method.responseBytes
    let bytes = self.received[Int(id / 2) % Self.ring]
    let expected: Int
    switch self.method {
    case .unary: expected = unit
    case .stream(let count, _):
      expected = count * unit
      self.messages += bytes / unit
    }
    self.onEnd(
      Int(id / 2), bytes == expected ? nil : "\(bytes) bytes came instead of \(expected)")
  }
}
