internal import TestRandom
internal import Testing
internal import WireProtocol

/// Client and server talk through a pipe that cuts and delays bytes as it likes.
@Suite("Random conversations")
struct RandomConversationTests {
  /// A call that the client has made, and what it must be told in the end.
  private struct Expected {
    var method: String
    var sent: [[UInt8]]
    var isOpen: Bool
    var isCancelled = false

    var told: [EchoClient.Told] {
      let first = self.sent.first ?? []
      switch self.method {
      case "Unary": return [.success(first)]
      case "Fail": return [.failure(8, "no room")]
      case "Thrice": return [.message(first), .message(first), .message(first), .success(nil)]
      case "FailLate": return [.message(first), .failure(5, "not there")]
      case "Join": return [.success(Array(self.sent.joined()))]
      case "Count": return [.success(Array(String(self.sent.count).utf8))]
      case "Chat": return self.sent.map { .message($0) } + [.success(nil)]
      default: return []
      }
    }
  }

  private static let methods = ["Unary", "Fail", "Thrice", "FailLate", "Join", "Count", "Chat"]

  @Test(
    "Every call is told exactly what it must be, however bytes are cut",
    arguments: 1...40 as ClosedRange<UInt64>)
  func conversation(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let dialect: Dialect = Bool.random(using: &random) ? .extended : .plain
    var client = EchoClient(dialect: dialect)
    var server = EchoServer(dialect: dialect)
    // Then windows fill, and somebody has to read for them to open.
    client.readsAtOnce = Bool.random(using: &random)
    server.readsAtOnce = Bool.random(using: &random)
    var toServer: [UInt8] = []
    var toClient: [UInt8] = []
    var calls: [StreamID: Expected] = [:]

    func move(_ bytes: inout [UInt8]) -> [UInt8] {
      let count = Int.random(in: 0...min(bytes.count, 60), using: &random)
      defer { bytes.removeFirst(count) }
      return Array(bytes.prefix(count))
    }

    func message() -> [UInt8] {
      (0..<Int.random(in: 0..<20, using: &random)).map { _ in .random(in: 0...255, using: &random) }
    }

    for _ in 0..<400 {
      switch Int.random(in: 0..<10, using: &random) {
      case 0, 1:
        let method = Self.methods.randomElement(using: &random) ?? "Unary"
        let shape = EchoServer.shapes[method] ?? .unary
        let first = shape.clientStreams ? [] : message()
        if let id = client.call(shape, "test.Echo", method, first) {
          calls[id] = Expected(
            method: method, sent: shape.clientStreams ? [] : [first], isOpen: shape.clientStreams)
        }
      case 2, 3, 4:
        guard
          let id = calls.filter(\.value.isOpen).keys.sorted(by: { $0.number < $1.number })
            .randomElement(using: &random)
        else { break }
        if Int.random(in: 0..<4, using: &random) == 0 {
          client.end(id)
          calls[id]?.isOpen = false
        } else {
          let message = message()
          client.send(message, id)
          calls[id]?.sent.append(message)
        }
      case 5 where Int.random(in: 0..<4, using: &random) == 0:
        guard
          let id = calls.keys.sorted(by: { $0.number < $1.number }).randomElement(using: &random)
        else { break }
        client.cancel(id)
        calls[id]?.isOpen = false
        calls[id]?.isCancelled = true
      case 6:
        let ids = calls.keys.sorted { $0.number < $1.number }
        if let id = ids.randomElement(using: &random) {
          client.read(id)
          server.read(id)
        }
      default:
        toServer += client.output.take()
        server.receive(move(&toServer))
        toClient += server.output.take()
        try client.receive(move(&toClient))
      }
    }
    for (id, call) in calls where call.isOpen { client.end(id) }
    // What waits for credit gets it when the other side reads.
    repeat {
      server.receive(toServer + client.output.take())
      try client.receive(toClient + server.output.take())
      (toServer, toClient) = ([], [])
      for id in calls.keys {
        client.read(id)
        server.read(id)
      }
    } while !client.output.bytes.isEmpty || !server.output.bytes.isEmpty

    #expect(server.closed == nil && client.closed == nil, "seed \(seed)")
    #expect(client.machine.activeStreams == 0, "seed \(seed)")
    for (id, call) in calls {
      let told = client.told[id] ?? []
      if call.isCancelled {
        #expect(call.told.starts(with: told), "seed \(seed), call \(id) \(call.method)")
      } else {
        #expect(told == call.told, "seed \(seed), call \(id) \(call.method)")
      }
    }
  }

  @Test("Any bytes at all neither trap nor confuse", arguments: 1...40 as ClosedRange<UInt64>)
  func garbage(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var server = EchoServer(dialect: .plain)
    var client = EchoClient(dialect: .plain)
    let kinds: [UInt8] = [1, 2, 3, 4, 5, 0x10, 0x11, 0x12, 0x13, 0x14, 0x44]
    for round in 0..<2000 {
      // One that was closed is not talked to any more.
      if round % 500 == 0 || server.closed != nil || client.closed != nil {
        let dialect: Dialect = Bool.random(using: &random) ? .extended : .plain
        let limits = dialect == .extended ? EchoServer.limits : WireLimits(maxPayloadBytes: 64)
        server = EchoServer(limits: limits, dialect: dialect)
        client = EchoClient(limits: limits, dialect: dialect)
        if dialect == .extended {
          server.receive(client.output.take())
          try client.receive(server.output.take())
        }
        for shape in [CallShape.unary, .serverStreaming, .clientStreaming, .bidirectional] {
          _ = client.call(shape, "test.Echo", "Unary", [])
        }
      }
      // Frames with a small length and a likely id, so that they are not just refused for those.
      let length = UInt8.random(in: 0..<80, using: &random)
      let frame: [UInt8] =
        [0, 0, 0, length, 0, 0, 0, .random(in: 0..<12, using: &random)]
        + [kinds.randomElement(using: &random) ?? 1]
        + [.random(in: 0..<8, using: &random)]
        + (0..<length).map { _ in UInt8.random(in: 0...30, using: &random) }
      server.receive(frame)
      try client.receive(frame)
    }
    #expect(client.machine.activeStreams <= 4, "seed \(seed)")
  }
}
