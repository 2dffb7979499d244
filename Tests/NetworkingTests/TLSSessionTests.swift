import TestKit
import Testing

@testable import Networking

/// Two sessions back to back, without sockets.
@NetworkActor
@Suite(
  "TLS session", .enabled(if: TestCertificates.isAvailable, "\(TestCertificates.missingReason)"),
  .timeLimit(.minutes(1)))
struct TLSSessionTests {
  @NetworkActor
  struct Pair {
    let client: TLSSession
    let server: TLSSession

    init() async throws {
      self.client = try await TLSSession(
        Contexts.client(), serverName: "localhost", peer: "server", output: ByteBuffer())
      self.server = try await TLSSession(
        Contexts.server(), serverName: nil, peer: "client", output: ByteBuffer())
    }

    /// Carries the handshake to its end, in pieces of `size` bytes.
    func shakeHands(size: Int = .max) throws {
      _ = try self.client.handshake()
      for _ in 0..<4 {
        try Self.move(from: self.client, to: self.server, size)
        try Self.move(from: self.server, to: self.client, size)
      }
    }

    private static func move(from source: TLSSession, to target: TLSSession, _ size: Int) throws {
      while !source.output.isEmpty {
        let part = min(size, source.output.count)
        target.feed(UnsafeRawBufferPointer(rebasing: source.output.bytes[..<part]))
        if !target.isOpen { _ = try target.handshake() }
        if target.isOpen { _ = try target.decrypt(into: ByteBuffer()) }
        source.output.consume(part)
      }
    }

    /// Encrypts at one end and decrypts at the other.
    func carry(_ bytes: [UInt8], from source: TLSSession, to target: TLSSession) throws -> [UInt8] {
      let plain = ByteBuffer()
      plain.append(bytes)
      let received = ByteBuffer()
      while !plain.isEmpty {
        try source.encrypt(plain, limit: 100_000)
        target.feed(source.output.bytes)
        #expect(try target.decrypt(into: received))
        source.output.clear()
      }
      return Array(received.bytes)
    }
  }

  @Test("A handshake in pieces of any size completes", arguments: [1, 2, 5, 100, 1000, .max])
  func pieces(size: Int) async throws {
    let pair = try await Pair()
    try pair.shakeHands(size: size)
    #expect(pair.client.isOpen && pair.server.isOpen)
    #expect(try pair.carry([1, 2, 3], from: pair.client, to: pair.server) == [1, 2, 3])
  }

  @Test("Keys are changed after so many records, and the bytes stay the same")
  func keyUpdate() async throws {
    let pair = try await Pair()
    try pair.shakeHands()
    pair.client.maxRecords = 3
    for number in 0..<50 {
      let bytes = [UInt8](repeating: UInt8(number), count: 40_000)
      #expect(try pair.carry(bytes, from: pair.client, to: pair.server) == bytes)
      #expect(
        try pair.carry([UInt8(number)], from: pair.server, to: pair.client) == [UInt8(number)])
    }
    #expect(pair.client.keyUpdates > 20)
  }

  @Test("A flood of changes of keys ends the session; with data between them it goes on")
  func keyUpdateFlood() async throws {
    let pair = try await Pair()
    try pair.shakeHands()
    // Bytes of about 2,400 changes a byte of data.
    for _ in 0..<3 {
      while pair.client.output.count < TLSSession.maxBarrenBytes - 100 {
        pair.client.changeKeys(asksPeer: false)
      }
      pair.server.feed(pair.client.output.bytes)
      #expect(try pair.server.decrypt(into: ByteBuffer()))
      pair.client.output.clear()
      #expect(try pair.carry([7], from: pair.client, to: pair.server) == [7])
    }
    while pair.client.output.count <= TLSSession.maxBarrenBytes {
      pair.client.changeKeys(asksPeer: false)
    }
    pair.server.feed(pair.client.output.bytes)
    #expect(throws: NetworkError.self) { _ = try pair.server.decrypt(into: ByteBuffer()) }
  }

  @Test("Damaged ciphertext is an error, and an alert for the peer is made")
  func damage() async throws {
    let pair = try await Pair()
    try pair.shakeHands()
    let plain = ByteBuffer()
    plain.append("something")
    try pair.client.encrypt(plain, limit: 100)
    var bytes = Array(pair.client.output.bytes)
    bytes[bytes.count - 1] ^= 1
    #expect(throws: NetworkError.self) {
      try bytes.withUnsafeBytes {
        pair.server.feed($0)
        _ = try pair.server.decrypt(into: ByteBuffer())
      }
    }
    #expect(!pair.server.output.isEmpty)
  }

  @Test("The closing message ends the session without an error")
  func closing() async throws {
    let pair = try await Pair()
    try pair.shakeHands()
    pair.client.closeNotify()
    pair.server.feed(pair.client.output.bytes)
    #expect(try pair.server.decrypt(into: ByteBuffer()) == false)
  }
}
