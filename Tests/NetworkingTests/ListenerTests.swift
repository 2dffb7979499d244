import TestKit
import Testing

@testable import Networking

@NetworkActor
@Suite("Listener", .timeLimit(.minutes(1)))
struct ListenerTests {
  @Test("A port that is taken is named, with what to do")
  func addressInUse() async throws {
    try await withEchoServer { server in
      let error = #expect(throws: NetworkError.self) {
        _ = try Listener(port: server.port, tls: nil) { _ in }
      }
      #expect(error?.code == .addressInUse)
      #expect(error?.message.contains("127.0.0.1:\(server.port)") == true)
    }
  }

  @Test("An address of another machine, and text that is none, are told apart")
  func wrongAddresses() {
    for (address, code) in [
      ("192.0.2.1", NetworkError.Code.addressNotAvailable), ("example.test", .invalidAddress),
      ("127.0.0.1:80", .invalidAddress),
    ] {
      let error = #expect(throws: NetworkError.self) {
        _ = try Listener(address: address, port: 0, tls: nil) { _ in }
      }
      #expect(error?.code == code)
      #expect(error?.message.contains(address) == true)
    }
  }

  @Test("A closed listener lets its port go, and its connections live on")
  func close() async throws {
    // An address of its own: ports of 127.0.0.1 that are free are taken by other tests.
    let address = "127.0.0.77"
    let accepted = Signal<Stream>()
    let first = try Listener(address: address, port: 0, tls: nil) { accepted.send($0) }
    let stream = try await Stream.connect(host: address, port: first.port)
    let other = try await accepted.next()
    #expect(first.connectionCount == 1)
    first.close()
    first.close()
    let error = await #expect(throws: NetworkError.self) {
      _ = try await Stream.connect(host: address, port: first.port)
    }
    #expect(error?.code == .refused)
    let second = try Listener(address: address, port: first.port, tls: nil) { _ in }
    other.send([5])
    #expect(await stream.receive(1).bytes == [5])
    second.close()
    other.close()
    stream.close()
  }

  @Test("Closing a listener ends the handshakes that run")
  func closeInHandshake() async throws {
    let server = try await EchoServer(tls: Contexts.server())
    let silent = try await server.connect()
    // A second, complete handshake: by then the first connection has been accepted.
    let other = try await server.connect(tls: Contexts.client())
    server.close()
    _ = await silent.end()
    other.close()
  }

  @Test("Half of a handshake and then silence is closed after the time limit")
  func halfHandshake() async throws {
    var limits = ListenerLimits()
    limits.handshakeTimeout = .milliseconds(50)
    try await withEchoServer(tls: Contexts.server(), limits: limits) { server in
      let session = try await TLSSession(
        Contexts.client(), serverName: "localhost", peer: "server", output: ByteBuffer())
      _ = try session.handshake()
      let hello = Array(session.output.bytes)
      let stream = try await server.connect()
      stream.send(Array(hello[..<(hello.count / 2)]))
      let told = try await server.failed.next()
      #expect(told.code == .timedOut)
      #expect(told.message.contains("did not complete the TLS handshake within 0.05 seconds"))
      _ = await stream.end()
    }
  }

  @Test("A handshake broken off by the client is told, and nothing stays behind")
  func brokenHandshake() async throws {
    try await withEchoServer(tls: Contexts.server()) { server in
      let stream = try await server.connect()
      stream.close()
      #expect(try await server.failed.next().code == .reset)
      #expect(server.connectionCount == 0)
    }
  }

  @Test("Above the limit of handshakes connections wait, and are served when there is room")
  func maxHandshakes() async throws {
    var limits = ListenerLimits()
    limits.maxHandshakes = 2
    try await withEchoServer(tls: Contexts.server(), limits: limits) { server in
      var silent: [Stream] = []
      for _ in 0..<2 {
        silent.append(try await server.connect())
      }
      let port = server.port
      // Both places are taken, by who says nothing.
      let error = await #expect(throws: NetworkError.self) {
        _ = try await Stream.connect(
          host: "127.0.0.1", port: port, tls: Contexts.client(), timeout: .milliseconds(200))
      }
      #expect(error?.code == .timedOut)
      let waiting = Task { @NetworkActor in
        try await server.connect(tls: Contexts.client())
      }
      for stream in silent { stream.close() }
      let stream = try await waiting.value
      stream.send([1])
      #expect(await stream.receive(1).bytes == [1])
      stream.close()
    }
  }

  @Test("Above the limit of connections new ones wait until one ends")
  func maxConnections() async throws {
    var limits = ListenerLimits()
    limits.maxConnections = 1
    try await withEchoServer(limits: limits) { server in
      let first = try await server.connect()
      _ = try await server.accepted.next()
      // The kernel completes the connection; nobody has accepted it.
      let second = try await server.connect()
      first.send([1])
      #expect(await first.receive(1).bytes == [1])
      #expect(server.connectionCount == 1)
      first.close()
      second.send([2])
      #expect(await second.receive(1).bytes == [2])
      second.close()
    }
  }

  @Test("Handshakes are counted for each address, loopback apart")
  func counter() throws {
    var limits = ListenerLimits()
    limits.maxHandshakes = 5
    limits.maxHandshakesPerAddress = 2
    var counter = HandshakeCounter(limits)
    let one = try #require(SocketAddress("192.0.2.1", port: 1000))
    let sameHost = try #require(SocketAddress("192.0.2.1", port: 1001))
    let two = try #require(SocketAddress("2001:db8::1", port: 1000))
    let local = try #require(SocketAddress("127.0.0.1", port: 1))
    Self.expect(&counter, one)
    Self.expect(&counter, sameHost)
    Self.expect(&counter, one, begins: false)
    Self.expect(&counter, two)
    counter.end(one)
    Self.expect(&counter, sameHost)
    Self.expect(&counter, local)
    #expect(!counter.isFull)
    Self.expect(&counter, local)
    #expect(counter.isFull)
    counter.end(two)
    #expect(!counter.isFull)
  }

  private static func expect(
    _ counter: inout HandshakeCounter, _ peer: SocketAddress, begins: Bool = true
  ) {
    let result = counter.begin(peer)
    #expect(result == begins)
  }

  @Test("Connections are accepted at a rate, after a burst of twice as many")
  func acceptBudget() {
    let start = ContinuousClock.now
    var budget = AcceptBudget(perSecond: 10, at: start)
    for _ in 0..<20 {
      #expect(budget.pause(at: start) == nil)
      budget.spend()
    }
    #expect(budget.pause(at: start) == .milliseconds(100))
    #expect(budget.pause(at: start + .milliseconds(110)) == nil)
    budget.spend()
    #expect(budget.pause(at: start + .milliseconds(110)) != nil)
    // A long rest gives no more than a burst.
    var accepted = 0
    while budget.pause(at: start + .seconds(3600)) == nil {
      budget.spend()
      accepted += 1
    }
    #expect(accepted == 20)
  }

  @Test("A listener that is connected to too fast accepts all in the end")
  func acceptRate() async throws {
    var limits = ListenerLimits()
    limits.maxAcceptsPerSecond = 50
    let accepted = Signal<Stream>()
    let listener = try Listener(port: 0, tls: nil, limits: limits) { accepted.send($0) }
    var streams: [Stream] = []
    for _ in 0..<110 {
      streams.append(try await Stream.connect(host: "127.0.0.1", port: listener.port))
    }
    for _ in 0..<110 { streams.append(try await accepted.next()) }
    #expect(listener.connectionCount == 110)
    for stream in streams { stream.close() }
    listener.close()
  }
}
