import Networking
import TestKit
import Testing

@NetworkActor
@Suite("Stream", .timeLimit(.minutes(1)))
struct StreamTests {
  /// 4 MiB whose period fits no record and no buffer. Not made byte by byte: that is slow in a debug build, and all tests share
  /// the network thread.
  nonisolated static let megabytes: [UInt8] = {
    let period = (0..<4099).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
    var bytes: [UInt8] = []
    while bytes.count < 4 << 20 { bytes += period }
    return bytes
  }()

  /// Not `#expect(bytes == …)`: when that fails it looks for the smallest edit between the two, which takes hours.
  private static func expectMegabytes(_ bytes: [UInt8]) {
    let isSame = bytes == Self.megabytes
    #expect(isSame, "\(bytes.count) of \(Self.megabytes.count) bytes came, or others")
  }

  @Test("4 MiB come back as they were sent, over TCP and over TLS", arguments: [false, true])
  func echo(secure: Bool) async throws {
    try await withEchoServer(tls: secure ? Contexts.server() : nil) { server in
      let stream = try await server.connect(tls: secure ? Contexts.client() : nil)
      stream.send(Self.megabytes)
      let (bytes, error) = await stream.receive(Self.megabytes.count)
      #expect(error == nil)
      Self.expectMegabytes(bytes)
      stream.close()
    }
  }

  @Test("Both ends know each other's address and port")
  func addresses() async throws {
    try await withEchoServer { server in
      let stream = try await server.connect()
      let other = try await server.accepted.next()
      #expect(stream.peer.description == "127.0.0.1:\(server.port)")
      #expect(stream.peerAddress == "127.0.0.1")
      #expect(stream.peerPort == server.port)
      #expect(other.peerPort == stream.localPort)
      #expect(other.localPort == server.port)
      stream.close()
      #expect(stream.localPort == 0 || stream.localPort == other.peerPort)
    }
  }

  @Test("What is appended in one turn arrives in order, whoever flushes how often")
  func order() async throws {
    try await withEchoServer(tls: Contexts.server()) { server in
      let stream = try await server.connect(tls: Contexts.client())
      var expected: [UInt8] = []
      for number in 0..<1000 {
        let part = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: number % 97)
        expected += part
        stream.send(part)
        if number % 100 == 0 { await Task.yield() }
      }
      let isSame = await stream.receive(expected.count).bytes == expected
      #expect(isSame)
      stream.close()
    }
  }

  @Test(
    "What is sent early leaves before the turn ends, the rest follows in order, and the share of a turn is bounded",
    arguments: [false, true])
  func sentEarly(secure: Bool) async throws {
    try await withEchoServer(tls: secure ? Contexts.server() : nil) { server in
      let stream = try await server.connect(tls: secure ? Contexts.client() : nil)
      var expected: [UInt8] = []
      @NetworkActor func send(_ count: Int) {
        let part = [UInt8](repeating: UInt8(truncatingIfNeeded: expected.count), count: count)
        expected += part
        stream.send(part)
        stream.sendEarly()
      }
      send(100)
      #expect(stream.outbound.count == 100, "So little waits for more")
      send(2000)
      #expect(stream.outbound.isEmpty)
      send(2100)
      #expect(stream.outbound.count == 2100, "The next piece has to be twice as long")
      while !stream.hasSentItsShare, stream.unsentBytes <= 2100 { send(40_000) }
      #expect(stream.hasSentItsShare || expected.count > 1 << 16, "The socket took less")
      let waiting = stream.unsentBytes
      send(40_000)
      #expect(stream.unsentBytes == waiting + 40_000)
      let isSame = await stream.receive(expected.count).bytes == expected
      #expect(isSame)
      #expect(!stream.hasSentItsShare, "Another turn, another share")
      stream.close()
    }
  }

  @Test("A peer that is gone when something is sent early is told at the end of the turn")
  func goneEarly() async throws {
    try await withEchoServer { server in
      let stream = try await server.connect()
      let other = try await server.accepted.next()
      let ended = Signal<String>()
      stream.onClose = { ended.send(($0 as? NetworkError).map { "\($0.code)" } ?? "nil") }
      // Both of this turn: the reset has arrived when this side sends, and nobody has read it.
      other.close(NetworkError(.closed, "broken off"))
      stream.send([UInt8](repeating: 1, count: 4096))
      stream.sendEarly()
      #expect(!stream.isClosed)
      let end = try await ended.next()
      #expect(end == "reset")
    }
  }

  @Test("Bytes that come before anybody wants them wait", arguments: [false, true])
  func earlyBytes(secure: Bool) async throws {
    try await withEchoServer(tls: secure ? Contexts.server() : nil) { server in
      // The server speaks first, in the turn in which it accepts.
      server.onAccept = { $0.send(Array("welcome".utf8)) }
      let stream = try await server.connect(tls: secure ? Contexts.client() : nil)
      _ = try await server.accepted.next()
      // A second connection's whole exchange: by then the first one's bytes have arrived.
      let other = try await server.connect(tls: secure ? Contexts.client() : nil)
      #expect(await other.receive(7).bytes == Array("welcome".utf8))
      #expect(await stream.receive(7).bytes == Array("welcome".utf8))
      other.close()
      stream.close()
    }
  }

  @Test("An orderly end is told once, without an error, to both sides", arguments: [false, true])
  func orderlyEnd(secure: Bool) async throws {
    try await withEchoServer(tls: secure ? Contexts.server() : nil) { server in
      let stream = try await server.connect(tls: secure ? Contexts.client() : nil)
      _ = try await server.accepted.next()
      var ends = 0
      stream.onClose = { error in
        ends += 1
        #expect(error == nil)
      }
      stream.close()
      stream.close()
      #expect(ends == 1)
      #expect(stream.isClosed)
      #expect(try await server.ended.next() == "nil")
    }
  }

  @Test(
    "Closing without an error still sends everything that was appended", arguments: [false, true])
  func closingSendsTheRest(secure: Bool) async throws {
    try await withEchoServer(tls: secure ? Contexts.server() : nil) { server in
      server.onAccept = { stream in
        stream.onReceive = { _ in }
        stream.outbound.append(Self.megabytes)
        stream.close()
      }
      let stream = try await server.connect(tls: secure ? Contexts.client() : nil)
      let (bytes, error) = await stream.receive(Self.megabytes.count + 1)
      Self.expectMegabytes(bytes)
      #expect(error == nil)
    }
  }

  @Test("A TLS connection that ends without the closing message is truncated, not ended")
  func truncation() async throws {
    struct Broken: Error {}
    try await withEchoServer(tls: Contexts.server()) { server in
      let stream = try await server.connect(tls: Contexts.client())
      let other = try await server.accepted.next()
      other.outbound.append("half of an ans")
      other.close(Broken())
      let (bytes, error) = await stream.receive(100)
      #expect(String(decoding: bytes, as: UTF8.self) == "half of an ans")
      #expect((error as? NetworkError)?.code == .truncated)
    }
  }

  @Test("A stream that nobody holds any more is closed")
  func letGo() async throws {
    try await withEchoServer { server in
      var stream: Stream? = try await server.connect()
      _ = try await server.accepted.next()
      #expect(stream?.isClosed == false)
      stream = nil
      #expect(try await server.ended.next() == "nil")
    }
  }

  @Test("A callback may close the stream and let go of it", arguments: [false, true])
  func closeInCallback(secure: Bool) async throws {
    try await withEchoServer(tls: secure ? Contexts.server() : nil) { server in
      server.onAccept = { stream in
        stream.onReceive = { buffer in
          stream.outbound.append(buffer.bytes)
          stream.close()
          // The buffer can still be used, and is empty.
          #expect(buffer.count == 0)
        }
      }
      let stream = try await server.connect(tls: secure ? Contexts.client() : nil)
      stream.send(Array("last words".utf8))
      let (bytes, error) = await stream.receive(100)
      #expect(String(decoding: bytes, as: UTF8.self) == "last words")
      #expect(error == nil)
    }
  }

  @Test("After closing, nothing is called any more and nothing can be sent")
  func afterClosing() async throws {
    try await withEchoServer { server in
      let stream = try await server.connect()
      stream.onReceive = { _ in Issue.record("called after closing") }
      stream.onDrained = { Issue.record("called after closing") }
      stream.send(Array("something to come back".utf8))
      stream.close()
      #expect(stream.unsentBytes == 0)
      stream.send([1, 2, 3])
      stream.pauseReading(true)
      stream.pauseReading(false)
      // The server has seen the end (orderly, or a reset where its answer met a closed socket).
      _ = try await server.ended.next()
    }
  }

  // MARK: Pressure

  @Test(
    "A sender learns that its reader is slow, and when it has caught up", arguments: [false, true])
  func waterMarks(secure: Bool) async throws {
    try await withEchoServer(tls: secure ? Contexts.server() : nil) { server in
      let reached = Signal<Int>()
      server.onAccept = { other in
        other.onReceive = { _ in }
        other.pauseReading(true)
      }
      let stream = try await server.connect(tls: secure ? Contexts.client() : nil)
      let other = try await server.accepted.next()
      stream.highWaterMark = 256 << 10
      stream.lowWaterMark = 64 << 10
      stream.onDrained = { [unowned stream] in reached.send(stream.unsentBytes) }
      // As much as the kernel takes, and then far more than the mark.
      var sent = 0
      var turnsAbove = 0
      while turnsAbove < 8 {
        stream.send([UInt8](repeating: UInt8(truncatingIfNeeded: sent >> 16), count: 1 << 16))
        sent += 1 << 16
        await Task.yield()
        if stream.unsentBytes > stream.highWaterMark { turnsAbove += 1 }
      }
      #expect(stream.unsentBytes > stream.highWaterMark)
      let received = Signal<Int>()
      var count = 0
      other.onReceive = { buffer in
        count += buffer.count
        buffer.clear()
        if count == sent { received.send(count) }
      }
      other.pauseReading(false)
      #expect(try await reached.next() <= stream.lowWaterMark)
      #expect(try await received.next() == sent)
      #expect(stream.unsentBytes == 0)
      stream.close()
    }
  }

  @Test("What a consumer left is given to it again when reading goes on", arguments: [false, true])
  func deliveredAgain(secure: Bool) async throws {
    try await withEchoServer(tls: secure ? Contexts.server() : nil) { server in
      let taken = Signal<[UInt8]>()
      server.onAccept = { other in
        other.onReceive = { [unowned other] buffer in
          taken.send(Array(buffer.bytes.prefix(4)))
          buffer.consume(min(4, buffer.count))
          other.pauseReading(true)
        }
      }
      let stream = try await server.connect(tls: secure ? Contexts.client() : nil)
      let other = try await server.accepted.next()
      stream.send(Array("onlyfour".utf8))
      #expect(try await taken.next() == Array("only".utf8))
      other.pauseReading(false)
      #expect(try await taken.next() == Array("four".utf8))
      stream.close()
    }
  }

  @Test("A paused stream delivers nothing, not even what TLS holds already")
  func pausedStaysSilent() async throws {
    try await withEchoServer(tls: Contexts.server()) { server in
      var calls = 0
      server.onAccept = { other in
        other.onReceive = { [unowned other] _ in
          calls += 1
          other.pauseReading(true)
        }
      }
      let stream = try await server.connect(tls: Contexts.client())
      _ = try await server.accepted.next()
      stream.send([UInt8](repeating: 1, count: 1 << 20))
      // A second connection's exchange takes several turns of the loop, in which the first could be read.
      server.onAccept = nil
      let other = try await server.connect(tls: Contexts.client())
      other.send(Self.megabytes)
      #expect(await other.receive(Self.megabytes.count).bytes.count == Self.megabytes.count)
      #expect(calls == 1)
      other.close()
      stream.close()
    }
  }

  @Test("A peer that breaks off is found out by a sender that never reads")
  func brokenWhilePaused() async throws {
    try await withEchoServer { server in
      server.onAccept = { other in
        other.onReceive = { _ in }
        other.pauseReading(true)
      }
      let stream = try await server.connect()
      stream.pauseReading(true)
      let ended = Signal<NetworkError.Code?>()
      stream.onClose = { error in ended.send((error as? NetworkError)?.code) }
      let other = try await server.accepted.next()
      while stream.unsentBytes < 1 << 20 {
        stream.send([UInt8](repeating: 0, count: 1 << 18))
        await Task.yield()
      }
      struct Broken: Error {}
      other.close(Broken())
      #expect(try await ended.next() == .reset)
    }
  }
}
