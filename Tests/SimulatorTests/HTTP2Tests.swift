import HTTPServer
import Networking
import Testing

@testable import Simulator

@Suite("Header compression of HTTP/2")
struct HPACKTests {
  /// Reads `d07a be94 …` as RFC 7541 prints bytes.
  static func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.filter { !$0.isWhitespace }
    return stride(from: 0, to: digits.count, by: 2).compactMap { start in
      UInt8(digits.dropFirst(start).prefix(2), radix: 16)
    }
  }

  static func fields(_ pairs: (String, String)...) -> [HPACKTable.Field] {
    pairs.map { HPACKTable.Field(name: $0.0, value: $0.1) }
  }

  @Test("The requests of RFC 7541 appendix C.4 are read, table and Huffman code and all")
  func requests() throws {
    var decoder = HPACKDecoder()
    #expect(
      try decoder.fields(of: Self.bytes("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff"))
        == Self.fields(
          (":method", "GET"), (":scheme", "http"), (":path", "/"),
          (":authority", "www.example.com")))
    #expect(
      try decoder.fields(of: Self.bytes("8286 84be 5886 a8eb 1064 9cbf"))
        == Self.fields(
          (":method", "GET"), (":scheme", "http"), (":path", "/"),
          (":authority", "www.example.com"), ("cache-control", "no-cache")))
    #expect(
      try decoder.fields(
        of: Self.bytes("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf"))
        == Self.fields(
          (":method", "GET"), (":scheme", "https"), (":path", "/index.html"),
          (":authority", "www.example.com"), ("custom-key", "custom-value")))
  }

  @Test("The plain request of appendix C.3.1 is read")
  func plain() throws {
    var decoder = HPACKDecoder()
    #expect(
      try decoder.fields(
        of: Self.bytes("8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d")
      ).last == HPACKTable.Field(name: ":authority", value: "www.example.com"))
  }

  @Test("What was evicted cannot be pointed at")
  func eviction() throws {
    var decoder = HPACKDecoder()
    let field = [0x40, 0x01, UInt8(ascii: "a"), 0x01, UInt8(ascii: "b")] as [UInt8]
    #expect(try decoder.fields(of: field + [0xBE]) == Self.fields(("a", "b"), ("a", "b")))
    // A limit of zero empties the table.
    #expect(throws: HPACKDecoder.Failure.self) { try decoder.fields(of: [0x20, 0xBE]) }
  }

  @Test("What the encoder writes, the decoder reads")
  func roundTrip() throws {
    let long = String(repeating: "x", count: 300)
    for status in [200, 302, 404, 429] {
      let block = HPACKEncoder.block(
        status: status, [("content-type", "a/b"), ("x-long", long), ("empty", "")])
      var decoder = HPACKDecoder()
      #expect(
        try decoder.fields(of: block)
          == Self.fields(
            (":status", "\(status)"), ("content-type", "a/b"), ("x-long", long), ("empty", "")))
    }
  }

  @Test(
    "A block that cannot be read is an error, not a crash",
    arguments: [
      "80", "ff", "ffffffffffff", "c0", "40", "400161", "40016181", "4001618181", "3fe21f",
      "0085ffffffffff", "828620", "41ff80",
    ])
  func damaged(hexadecimal: String) {
    var decoder = HPACKDecoder()
    #expect(throws: HPACKDecoder.Failure.self) {
      try decoder.fields(of: Self.bytes(hexadecimal))
    }
  }

  @Test("Random blocks neither crash nor give more than the bound")
  func random() {
    var random = SeededGenerator(7)
    for _ in 0..<5000 {
      var decoder = HPACKDecoder()
      let block = (0..<random.below(60)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      // Most are errors; what matters is that each ends.
      let fields = (try? decoder.fields(of: block)) ?? []
      #expect(fields.count <= 60)
    }
  }
}

@Suite("Server side of HTTP/2")
@NetworkActor
struct HTTP2MachineTests {
  /// A machine with the client's frames going in and the server's coming out.
  @NetworkActor
  final class Wire {
    var machine = HTTP2ServerMachine()
    let input = ByteBuffer()
    let out = ByteBuffer()

    init(preface: Bool = true) {
      guard preface else { return }
      self.input.append("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    }

    func send(
      _ kind: HTTP2Frame.Kind, _ payload: [UInt8] = [], flags: UInt8 = 0, stream: UInt32 = 0
    ) {
      self.input.append(UInt8(payload.count >> 16))
      self.input.append(UInt16(payload.count & 0xFFFF))
      self.input.append(kind.rawValue)
      self.input.append(flags)
      self.input.append(stream)
      self.input.append(payload)
    }

    /// `GET https://a/PATH`, complete.
    func get(_ path: String, stream: UInt32) {
      let block =
        [0x82, 0x87, 0x41, 1, UInt8(ascii: "a"), 0x04, UInt8(path.utf8.count)] + Array(path.utf8)
      self.send(.headers, block, flags: 0x5, stream: stream)
    }

    func receive() throws(HTTP2Error) -> [HTTP2ServerMachine.Event] {
      try self.machine.received(self.input, into: self.out)
    }

    /// Takes the frames that were sent.
    func frames() -> [(kind: HTTP2Frame.Kind?, flags: UInt8, stream: UInt32, payload: [UInt8])] {
      var frames: [(kind: HTTP2Frame.Kind?, flags: UInt8, stream: UInt32, payload: [UInt8])] = []
      while self.out.count >= HTTP2Frame.headBytes {
        let frame = HTTP2Frame(self.out.bytes)
        let end = HTTP2Frame.headBytes + frame.length
        let payload = Array(self.out.bytes[HTTP2Frame.headBytes..<end])
        frames.append((frame.kind, frame.flags, frame.streamID, payload))
        self.out.consume(end)
      }
      return frames
    }

    func respond(_ stream: UInt32, _ count: Int, isCut: Bool = false) {
      self.machine.respond(
        stream,
        with: HTTPResponse(status: 200, body: .bytes(.init(repeating: 7, count: count))),
        isCut: isCut, into: self.out)
    }
  }

  private func error(_ wire: Wire) -> HTTP2Error? {
    do throws(HTTP2Error) {
      _ = try wire.receive()
      return nil
    } catch {
      return error
    }
  }

  @Test("A request in pieces of one byte becomes one event; its answer is headers and data")
  func request() throws {
    let wire = Wire()
    wire.send(.settings)
    let block = [0x83, 0x87, 0x41, 1, UInt8(ascii: "a"), 0x04, 5] + Array("/p?q=".utf8)
    wire.send(.headers, block, flags: 0x4, stream: 1)
    wire.send(.data, Array("body".utf8), flags: 0x1, stream: 1)
    let bytes = Array(wire.input.bytes)
    wire.input.clear()
    var events: [HTTP2ServerMachine.Event] = []
    for byte in bytes {
      wire.input.append([byte])
      events += try wire.receive()
    }
    guard case .request(1, let request)? = events.first, events.count == 1 else {
      Issue.record("\(events)")
      return
    }
    #expect(request.method == "POST" && request.path == "/p" && request.query == "q=")
    #expect(request.headers["Host"] == "a")
    #expect(request.body == Array("body".utf8))
    wire.respond(1, 3)
    let frames = wire.frames()
    #expect(frames.map(\.kind) == [.settings, .settings, .headers, .data])
    #expect(frames[0].payload == [0, 3, 0, 0, 0, 100])  // At most 100 streams.
    #expect(frames[1].flags == 1 && frames[1].payload.isEmpty)  // Acknowledged.
    var decoder = HPACKDecoder()
    #expect(try decoder.fields(of: frames[2].payload).map(\.value) == ["200", "3"])
    #expect(frames[3].flags == 1 && frames[3].payload == [7, 7, 7])
    #expect(wire.machine.streamCount == 0)
  }

  @Test("Bodies stop at the stream's window and at the connection's, and go on when those open")
  func windows() throws {
    let wire = Wire()
    wire.get("/1", stream: 1)
    wire.get("/3", stream: 3)
    #expect(try wire.receive().count == 2)
    _ = wire.frames()
    wire.respond(1, 100_000)
    func sent() -> [UInt32: Int] {
      wire.frames().filter { $0.kind == .data }
        .reduce(into: [:]) { $0[$1.stream, default: 0] += $1.payload.count }
    }
    #expect(sent() == [1: 65_535])
    // The connection's window is used up, so the other stream has to wait as well.
    wire.respond(3, 10)
    #expect(sent() == [:])
    wire.send(.windowUpdate, [0, 0, 0, 20])
    #expect(try wire.receive().isEmpty)
    #expect(sent() == [3: 10])
    wire.send(.windowUpdate, [0, 1, 0, 0], stream: 1)
    #expect(try wire.receive().isEmpty)
    #expect(sent() == [1: 10])
    wire.send(.windowUpdate, [0, 1, 0, 0])
    #expect(try wire.receive().isEmpty)
    #expect(sent() == [1: 100_000 - 65_535 - 10])
    #expect(wire.machine.streamCount == 0)
  }

  @Test(
    "A larger initial window holds for streams that exist, and a buffer that is full is respected")
  func settings() throws {
    let wire = Wire()
    wire.get("/1", stream: 1)
    #expect(try wire.receive().count == 1)
    wire.send(.windowUpdate, [0x7F, 0, 0, 0])
    #expect(try wire.receive().isEmpty)
    wire.respond(1, 4 << 20)
    #expect(wire.out.count < 70_000)
    wire.send(.settings, [0, 4, 0x01, 0, 0, 0])
    #expect(try wire.receive().isEmpty)
    #expect(wire.out.count > Stream.defaultHighWaterMark && wire.out.count < 1_200_000)
    #expect(wire.machine.hasBodies)
    var bytes = 0
    while wire.machine.hasBodies {
      bytes += wire.frames().filter { $0.kind == .data }.reduce(0) { $0 + $1.payload.count }
      wire.machine.send(into: wire.out)
    }
    bytes += wire.frames().filter { $0.kind == .data }.reduce(0) { $0 + $1.payload.count }
    #expect(bytes == 4 << 20)
  }

  @Test("A long upload gets its windows back")
  func upload() throws {
    let wire = Wire()
    wire.send(
      .headers, [0x83, 0x87, 0x84, 0x41, 1, UInt8(ascii: "a")], flags: 0x4, stream: 1)
    for _ in 0..<12 { wire.send(.data, .init(repeating: 1, count: 16_384), stream: 1) }
    wire.send(.data, [], flags: 0x1, stream: 1)
    guard case .request(1, let request)? = try wire.receive().first else {
      Issue.record("no request")
      return
    }
    #expect(request.body.count == 12 * 16_384)
    let updates = wire.frames().filter { $0.kind == .windowUpdate }
    #expect(updates.filter { $0.stream == 0 }.count == 12)
    #expect(updates.filter { $0.stream == 1 }.count == 12)
  }

  @Test("A reset tells the handler and frees the stream; later frames of it are ignored")
  func reset() throws {
    let wire = Wire()
    wire.get("/1", stream: 1)
    #expect(try wire.receive().count == 1)
    wire.send(.reset, [0, 0, 0, 8], stream: 1)
    guard case .cancelled(1)? = try wire.receive().first else {
      Issue.record("not cancelled")
      return
    }
    wire.respond(1, 10)
    wire.send(.windowUpdate, [0, 0, 0, 1], stream: 1)
    #expect(try wire.receive().isEmpty)
    #expect(wire.frames().allSatisfy { $0.kind == .settings })
    #expect(wire.machine.streamCount == 0)
  }

  @Test("A cut answer ends in a reset after half of the body, hanging up in one without headers")
  func cut() throws {
    let wire = Wire()
    wire.get("/1", stream: 1)
    wire.get("/3", stream: 3)
    _ = try wire.receive()
    _ = wire.frames()
    wire.respond(1, 101, isCut: true)
    let frames = wire.frames()
    #expect(frames.map(\.kind) == [.headers, .data, .reset])
    #expect(frames[1].payload.count == 50 && frames[1].flags == 0)
    wire.machine.respond(
      3, with: HTTPResponse(status: 200, body: .hangUp), isCut: false, into: wire.out)
    #expect(wire.frames().map(\.kind) == [.reset])
  }

  @Test("One stream more than allowed is refused, the others go on")
  func tooMany() throws {
    let wire = Wire()
    for number in 0...100 { wire.get("/", stream: UInt32(1 + 2 * number)) }
    #expect(try wire.receive().count == 100)
    let last = try #require(wire.frames().last)
    #expect(last.kind == .reset && last.stream == 201 && last.payload == [0, 0, 0, 7])
  }

  @Test("Padding and priorities are taken off, pings answered, unknown frames skipped")
  func trimmings() throws {
    let wire = Wire()
    let block: [UInt8] = [0x82, 0x87, 0x84, 0x41, 1, UInt8(ascii: "a")]
    wire.send(
      .headers, [2, 0, 0, 0, 0, 16] + block.prefix(3) + [0, 0], flags: 0x29, stream: 1)
    wire.send(.continuation, Array(block.dropFirst(3)), flags: 0x4, stream: 1)
    wire.send(.ping, [1, 2, 3, 4, 5, 6, 7, 8])
    wire.input.append([0, 0, 1, 0x77, 0, 0, 0, 0, 0, 9])
    let events = try wire.receive()
    #expect(events.count == 1)
    let frames = wire.frames()
    #expect(frames.last?.kind == .ping && frames.last?.flags == 1)
    #expect(frames.last?.payload == [1, 2, 3, 4, 5, 6, 7, 8])
  }

  @Test("What the protocol forbids ends the connection with the reason")
  func errors() {
    let cases: [(HTTP2Error, @NetworkActor (Wire) -> Void)] = [
      (.frameSize, { $0.input.append([0, 0x40, 1, 0, 0, 0, 0, 0, 1]) }),
      (.protocolError, { $0.send(.headers, [0x82], flags: 5, stream: 2) }),
      (.protocolError, { $0.send(.data, [1], stream: 9) }),
      (.protocolError, { $0.send(.pushPromise, [0, 0, 0, 2], stream: 1) }),
      (.protocolError, { $0.send(.windowUpdate, [0, 0, 0, 0]) }),
      (.flowControl, { $0.send(.windowUpdate, [0x7F, 0xFF, 0xFF, 0xFF]) }),
      (.flowControl, { $0.send(.settings, [0, 4, 0xFF, 0, 0, 0]) }),
      (.frameSize, { $0.send(.settings, [0, 4, 0]) }),
      (.compression, { $0.send(.headers, [0xFF, 0xFF], flags: 5, stream: 1) }),
      (
        .protocolError,
        { wire in
          wire.send(.headers, [0x82], stream: 1)
          wire.send(.ping, .init(repeating: 0, count: 8))
        }
      ),
      (
        .streamClosed,
        { wire in
          wire.get("/", stream: 3)
          wire.get("/", stream: 1)
        }
      ),
    ]
    for (expected, send) in cases {
      let wire = Wire()
      send(wire)
      #expect(self.error(wire) == expected)
      let last = wire.frames().last
      #expect(last?.kind == .goAway)
      #expect(last?.payload.last == UInt8(expected.rawValue))
    }
    let http1 = Wire(preface: false)
    http1.input.append("GET / HTTP/1.1\r\n")
    #expect(self.error(http1) == .protocolError)
  }
}
