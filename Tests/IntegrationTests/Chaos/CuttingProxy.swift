import Foundation
import Synchronization
import TestKit

/// A TCP proxy on loopback whose connections can be cut at any moment, in the middle of a command or a reply too.
final class CuttingProxy: Sendable {
  private struct State {
    var isStopped = false
    var sockets: Set<Int32> = []
    var cuts = 0
  }

  let port: UInt16
  private let target: UInt16
  private let listener: Int32
  private let state = Mutex(State())

  init(to target: UInt16) throws {
    self.target = target
    self.port = try FreePort.next()
    self.listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var on: Int32 = 1
    setsockopt(self.listener, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    let bound = Self.withLoopback(self.port) { bind(self.listener, $0, $1) }
    guard bound == 0, listen(self.listener, 128) == 0 else {
      throw ClusterError("a proxy cannot listen on port \(self.port)")
    }
    Thread.detachNewThread { [self] in self.accept() }
  }

  /// How many connections were cut.
  var cuts: Int { self.state.withLock { $0.cuts } }

  /// Cuts all connections; new ones are taken.
  func cut() {
    self.state.withLock { state in
      // Each pair is two sockets.
      state.cuts += state.sockets.count / 2
      for descriptor in state.sockets { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
  }

  func stop() {
    self.state.withLock { state in
      guard !state.isStopped else { return }
      state.isStopped = true
      shutdown(self.listener, Int32(SHUT_RDWR))
    }
    self.cut()
  }

  private func accept() {
    while true {
      let client = Foundation.accept(self.listener, nil, nil)
      guard client >= 0 else { break }
      let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      let connected = Self.withLoopback(self.target) { connect(server, $0, $1) } == 0
      let isTaken = self.state.withLock { state in
        guard connected, !state.isStopped else { return false }
        state.sockets.formUnion([client, server])
        return true
      }
      guard isTaken else {
        close(client)
        close(server)
        continue
      }
      Thread.detachNewThread { [self] in self.join(client, server) }
    }
    close(self.listener)
  }

  /// Copies both ways until one side ends.
  private func join(_ client: Int32, _ server: Int32) {
    let back = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      Self.copy(server, client)
      back.signal()
    }
    Self.copy(client, server)
    back.wait()
    self.state.withLock { state in
      state.sockets.subtract([client, server])
      close(client)
      close(server)
    }
  }

  private static func copy(_ source: Int32, _ sink: Int32) {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = recv(source, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      var sent = 0
      while sent < count {
        let part = buffer[sent..<count].withUnsafeBytes {
          send(sink, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard part > 0 else { break }
        sent += part
      }
      guard sent == count else { break }
    }
    shutdown(source, Int32(SHUT_RDWR))
    shutdown(sink, Int32(SHUT_RDWR))
  }

  static func withLoopback(
    _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}
