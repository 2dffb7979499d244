import TestKit
import Testing

@testable import Networking

/// A client of TLS that asks for new keys while it reads nothing, so that the server's answers have nowhere to go.
@NetworkActor
@Suite(
  "Changes of keys that nobody reads",
  .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"),
  .timeLimit(.minutes(2)))
struct KeyUpdateTests {
  /// More than the kernel holds for a connection on loopback.
  private static let dataBytes = 48 << 20

  /// TLS by hand over a plain stream.
  @NetworkActor
  private final class Client {
    let stream: Stream
    private let session: TLSSession
    private let plain = ByteBuffer()
    private(set) var received = 0
    let opened = Signal<Void>()
    let arrived = Signal<Int>()
    let failed = Signal<String>()

    init(_ port: UInt16) async throws {
      self.stream = try await Stream.connect(host: "127.0.0.1", port: port)
      self.session = try TLSSession(
        await Contexts.client(), serverName: "localhost", peer: "server", output: ByteBuffer())
      _ = try self.session.handshake()
      self.send()
      self.stream.onReceive = { [weak self] in self?.take($0) }
      try await self.opened.next()
    }

    private func take(_ buffer: ByteBuffer) {
      defer { buffer.clear() }
      self.session.feed(buffer.bytes)
      do {
        if !self.session.isOpen {
          guard try self.session.handshake() else { return self.send() }
          self.opened.send(())
        }
        _ = try self.session.decrypt(into: self.plain)
      } catch {
        self.failed.send("\(error)")
      }
      self.received += self.plain.count
      self.plain.clear()
      self.send()
      self.arrived.send(self.received)
    }

    private func send() {
      self.stream.outbound.append(self.session.output.bytes)
      self.session.output.clear()
      self.stream.flush()
    }

    func send(bytes count: Int) throws {
      let data = ByteBuffer()
      data.append([UInt8](repeating: 7, count: count))
      while !data.isEmpty { try self.session.encrypt(data, limit: 1 << 20) }
      self.send()
    }

    func askForKeys() {
      self.session.changeKeys(asksPeer: true)
      self.send()
    }
  }

  @Test("The answers get in line behind what is unsent, and the session goes on")
  func answersInLine() async throws {
    try await withEchoServer(tls: Contexts.server()) { server in
      let client = try await Client(server.port)
      client.stream.pauseReading(true)
      try client.send(bytes: Self.dataBytes)
      for _ in 0..<3 { client.askForKeys() }
      try client.send(bytes: 1)
      // Until the server has read all that the kernel takes: another client is served beside it.
      let other = try await server.connect(tls: Contexts.client(), serverName: "localhost")
      for _ in 0..<100 {
        other.send([1])
        let echoed = await other.receive(1)
        #expect(echoed.bytes == [1])
      }
      client.stream.pauseReading(false)
      while try await client.arrived.next() < Self.dataBytes + 1 {}
      #expect(client.received == Self.dataBytes + 1)
      client.stream.close()
      other.close()
    }
  }

  @Test("A flood of them is cut off, and others are served on")
  func flood() async throws {
    try await withEchoServer(tls: Contexts.server()) { server in
      let client = try await Client(server.port)
      client.stream.pauseReading(true)
      try client.send(bytes: Self.dataBytes)
      let other = try await server.connect(tls: Contexts.client(), serverName: "localhost")
      while !server.streams[0].isClosed {
        for _ in 0..<500 { client.askForKeys() }
        // With data between them no count of barren bytes ends it.
        try client.send(bytes: 1)
        other.send([1])
        let echoed = await other.receive(1)
        #expect(echoed.bytes == [1])
      }
      let reason = try await server.ended.next()
      #expect(reason.contains("does not take them"))
      other.close()
      client.stream.close()
    }
  }
}
