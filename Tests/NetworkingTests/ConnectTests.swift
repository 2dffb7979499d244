import Glibc
import Networking
import TestKit
import Testing

@NetworkActor
@Suite("Connecting", .timeLimit(.minutes(1)))
struct ConnectTests {
  @Test("IPv6 works as IPv4 does", arguments: [false, true])
  func ipv6(secure: Bool) async throws {
    try await withEchoServer(address: "::1", tls: secure ? Contexts.server() : nil) { server in
      let stream = try await server.connect(host: "::1", tls: secure ? Contexts.client() : nil)
      stream.send([1, 2, 3])
      #expect(await stream.receive(3).bytes == [1, 2, 3])
      #expect(stream.peer.description == "[::1]:\(server.port)")
      stream.close()
    }
  }

  @Test("A listener on every address takes IPv4 and IPv6", arguments: ["", "::"])
  func everyAddress(listen: String) async throws {
    try await withEchoServer(address: listen) { server in
      for host in ["127.0.0.1", "::1"] {
        let stream = try await server.connect(host: host)
        let other = await server.accepted.next()
        #expect(other.peerAddress == host)
        #expect(other.peer.isLoopback)
        stream.close()
      }
    }
  }

  @Test("A name is looked up, and all its addresses are tried")
  func name() async throws {
    // On this address only, while `localhost` may have `::1` before it.
    try await withEchoServer(address: "127.0.0.1", tls: Contexts.server()) { server in
      let stream = try await server.connect(host: "localhost", tls: Contexts.client())
      stream.send([7])
      #expect(await stream.receive(1).bytes == [7])
      stream.close()
    }
  }

  @Test("A numeric address needs no look-up, and a name gives each address once")
  func addresses() async throws {
    #expect(
      try await NameResolver.addresses(of: "192.0.2.7", port: 80, timeout: .seconds(5)).map(
        \.description)
        == ["192.0.2.7:80"])
    let local = try await NameResolver.addresses(of: "localhost", port: 80, timeout: .seconds(5))
    #expect(!local.isEmpty)
    #expect(Set(local).count == local.count)
    #expect(local.allSatisfy { $0.isLoopback && $0.port == 80 })
  }

  @Test("A name that does not exist is named in the error")
  func noSuchName() async throws {
    // Refused by the resolver itself, so that the test needs no name server: a label has at most 63 bytes.
    let host = String(repeating: "x", count: 70) + ".test"
    let error = await #expect(throws: NetworkError.self) {
      _ = try await Stream.connect(host: host, port: 80)
    }
    #expect(error.map { [.nameNotFound, .nameServerFailed].contains($0.code) } == true)
    #expect(error?.message.contains(host) == true)
    for host in ["", "a\0b", String(repeating: "y", count: 254)] {
      let error = await #expect(throws: NetworkError.self) {
        _ = try await Stream.connect(host: host, port: 80)
      }
      #expect(error?.code == .invalidAddress)
    }
  }

  @Test("A port that nobody listens on is refused, and the error says what to look at")
  func refused() async throws {
    let port = try EchoServer().port
    let error = await #expect(throws: NetworkError.self) {
      _ = try await Stream.connect(host: "127.0.0.1", port: port)
    }
    #expect(error?.code == .refused)
    #expect(
      error?.message
        == "connect to 127.0.0.1:\(port): Connection refused; is the server running, and is the port right?"
    )
  }

  @Test("The error for a name with several addresses tells of each")
  func refusedEverywhere() async throws {
    let port = try EchoServer().port
    let error = await #expect(throws: NetworkError.self) {
      _ = try await Stream.connect(host: "localhost", port: port)
    }
    let addresses = try await NameResolver.addresses(
      of: "localhost", port: port, timeout: .seconds(5))
    for address in addresses { #expect(error?.message.contains("\(address)") == true) }
  }

  @Test("A server that accepts and never answers the handshake is given up after the time limit")
  func silentServer() async throws {
    try await withEchoServer { server in
      server.onAccept = { $0.onReceive = { $0.clear() } }
      let client = try await Contexts.client()
      let error = await #expect(throws: NetworkError.self) {
        _ = try await Stream.connect(
          host: "127.0.0.1", port: server.port, tls: client, timeout: .milliseconds(200))
      }
      #expect(error?.code == .timedOut)
      #expect(error?.message.contains("127.0.0.1:\(server.port)") == true)
    }
  }

  @Test("A server whose backlog is full is given up after the time limit")
  func fullBacklog() async throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 0) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    try #require(status)
    let port = UInt16(bigEndian: address.sin_port)
    var streams: [Stream] = []
    let error = await #expect(throws: NetworkError.self) {
      // The kernel takes one or two on its own account.
      for _ in 0..<8 {
        streams.append(
          try await Stream.connect(host: "127.0.0.1", port: port, timeout: .milliseconds(50)))
      }
    }
    #expect(error?.code == .timedOut)
    #expect(error?.message.contains("127.0.0.1:\(port)") == true)
    for stream in streams { stream.close() }
  }

  @Test("Cancelling the task gives the connection up")
  func cancellation() async throws {
    try await withEchoServer { server in
      server.onAccept = { $0.onReceive = { $0.clear() } }
      let port = server.port
      let task = Task { @NetworkActor in
        try await Stream.connect(
          host: "127.0.0.1", port: port, tls: Contexts.client(), timeout: .seconds(600))
      }
      _ = await server.accepted.next()
      task.cancel()
      let error = await #expect(throws: NetworkError.self) { _ = try await task.value }
      #expect(error?.code == .cancelled)
      // The server sees the connection go.
      _ = await server.ended.next()
    }
  }

  @Test("A server name that no certificate can carry is refused before anything is sent")
  func badServerName() async throws {
    try await withEchoServer(tls: Contexts.server()) { server in
      let error = await #expect(throws: NetworkError.self) {
        _ = try await server.connect(tls: Contexts.client(), serverName: "")
      }
      #expect(error?.code == .misconfigured)
    }
  }
}
