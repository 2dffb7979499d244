internal import Testing
internal import WireProtocol

@Suite("Golden byte sequences")
struct VectorTests {
  @Test("The server answers byte for byte", arguments: try Vector.all().filter(\.isForServer))
  func server(_ vector: Vector) {
    var server = EchoServer(dialect: vector.dialect)
    for step in vector.steps {
      switch step {
      case .clientFrame(let bytes): server.receive(bytes)
      case .serverFrame(let bytes):
        let written = server.output.bytes.prefix(bytes.count)
        #expect(Hex(written) == Hex(bytes))
        server.output.drop(bytes.count)
      case .serverCloses: #expect(server.closed != nil)
      case .cancelled(let id): #expect(server.cancelled.contains(id))
      case .shutdown: server.beginGracefulShutdown()
      case .call, .send, .end, .cancel, .told, .gone: break
      }
    }
    #expect(Hex(server.output.bytes) == Hex([]), "the server wrote more than the file has")
  }

  @Test(
    "The client sends and understands the same bytes",
    arguments: try Vector.all().filter(\.isForClient))
  func client(_ vector: Vector) throws {
    var client = EchoClient(dialect: vector.dialect)
    var heard: [StreamID: Int] = [:]
    for step in vector.steps {
      switch step {
      case .call(let shape, let service, let method, let bytes):
        #expect(client.call(shape, service, method, bytes) != nil)
      case .send(let id, let bytes): client.send(bytes, id)
      case .end(let id): client.end(id)
      case .cancel(let id): client.cancel(id)
      case .clientFrame(let bytes): #expect(Hex(client.output.take()) == Hex(bytes))
      case .serverFrame(let bytes): try client.receive(bytes)
      case .told(let id, let told):
        let position = heard[id, default: 0]
        heard[id] = position + 1
        let all = client.told[id] ?? []
        #expect(position < all.count && all[position].isLike(told), "\(all)")
      case .gone: #expect(client.goingAway != nil)
      case .serverCloses, .cancelled, .shutdown: break
      }
    }
    #expect(Hex(client.output.bytes) == Hex([]), "the client wrote more than the file has")
    for (id, told) in client.told { #expect(told.count == heard[id, default: 0]) }
  }
}

extension EchoClient.Told {
  /// Equal, but that an empty last message of a unary call is written like none.
  func isLike(_ other: Self) -> Bool {
    self == other || (self == .success([]) && other == .success(nil))
  }
}

/// Bytes that print as hex when an expectation fails, cut to a readable length.
struct Hex: Equatable, CustomTestStringConvertible {
  let bytes: [UInt8]

  init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  var testDescription: String {
    let digits = Array("0123456789abcdef")
    let text = self.bytes.prefix(200).map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }
      .joined(separator: " ")
    return "\(self.bytes.count) bytes: \(text)"
  }
}
