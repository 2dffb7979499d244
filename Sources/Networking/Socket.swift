internal import CUV
internal import Glibc

/// One TCP socket: the system calls and what their results mean. Never blocks; does not close itself.
struct Socket {
  /// What a read or write came to.
  enum Transfer {
    case moved(Int)
    /// Nothing now; wait for readiness.
    case wouldBlock
    case failed(Int32)
  }

  /// Time without traffic before the system asks the peer whether it is still there, and between those questions
  /// (`wire.md` §2.2: a peer that vanished is found out without any traffic of ours).
  static let keepAliveIdleSeconds: Int32 = 60
  static let keepAliveIntervalSeconds: Int32 = 10
  static let keepAliveProbes: Int32 = 3
  /// A peer that acknowledges nothing, or takes nothing, for so long is gone.
  static let userTimeoutMilliseconds: UInt32 = 60_000

  let descriptor: Int32

  private static func make(_ family: Int32, for what: String) throws(NetworkError) -> Socket {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(family, kind, 0)
    guard descriptor >= 0 else { throw .system(what, errno) }
    return Socket(descriptor: descriptor)
  }

  /// Starts to connect; when the socket becomes writable, ``takeError()`` tells how it went.
  static func connecting(to address: SocketAddress) throws(NetworkError) -> Socket {
    let what = "connect to \(address)"
    let socket = try Self.make(address.family, for: what)
    let result = address.withSockaddr { Glibc.connect(socket.descriptor, $0, $1) }
    if result == 0 || errno == EINPROGRESS || errno == EINTR { return socket }
    let number = errno
    socket.close()
    throw .system(what, number)
  }

  /// Listens on `address`; on `::` also for IPv4.
  static func listening(on address: SocketAddress, backlog: Int32) throws(NetworkError) -> Socket {
    let what = "listen on \(address)"
    let socket = try Self.make(address.family, for: what)
    // A port whose last connections are still in TIME_WAIT can be taken again at once.
    socket.set(SOL_SOCKET, SO_REUSEADDR, Int32(1))
    if address.family == AF_INET6 { socket.set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, Int32(0)) }
    if address.withSockaddr({ bind(socket.descriptor, $0, $1) }) == 0,
      listen(socket.descriptor, backlog) == 0
    {
      return socket
    }
    let number = errno
    socket.close()
    throw .system(what, number)
  }

  /// The next connection that waits: nil and `EAGAIN` when there is none.
  func accept() -> Result<(Socket, SocketAddress), AcceptFailure> {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        let descriptor = cuv_accept(self.descriptor, address, &length)
        guard descriptor >= 0 else { return .failure(AcceptFailure(number: errno)) }
        let socket = Socket(descriptor: descriptor)
        guard let peer = SocketAddress(UnsafePointer(address)) else {
          socket.close()
          return .failure(AcceptFailure(number: EAFNOSUPPORT))
        }
        return .success((socket, peer))
      }
    }
  }

  struct AcceptFailure: Error {
    let number: Int32
    var isEmpty: Bool { self.number == EAGAIN || self.number == EWOULDBLOCK }
    /// Asking again at once would fail again.
    var isShortage: Bool {
      [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(self.number)
    }
  }

  /// Sends small writes at once, and notices peers that vanish. Fails only on a socket that is already broken.
  func prepareForTraffic() {
    let tcp = Int32(IPPROTO_TCP)
    self.set(tcp, TCP_NODELAY, Int32(1))
    self.set(SOL_SOCKET, SO_KEEPALIVE, Int32(1))
    self.set(tcp, TCP_KEEPIDLE, Self.keepAliveIdleSeconds)
    self.set(tcp, TCP_KEEPINTVL, Self.keepAliveIntervalSeconds)
    self.set(tcp, TCP_KEEPCNT, Self.keepAliveProbes)
    self.set(tcp, TCP_USER_TIMEOUT, Self.userTimeoutMilliseconds)
  }

  private func set<Value: FixedWidthInteger>(_ level: Int32, _ option: Int32, _ value: Value) {
    var value = value
    setsockopt(self.descriptor, level, option, &value, socklen_t(MemoryLayout<Value>.size))
  }

  /// The error of the last asynchronous step, which this forgets; 0 when there is none.
  func takeError() -> Int32 {
    var number: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(self.descriptor, SOL_SOCKET, SO_ERROR, &number, &length) == 0 else {
      return errno
    }
    return number
  }

  /// `.moved(0)`: the peer sends no more.
  func receive(into target: UnsafeMutableRawBufferPointer) -> Transfer {
    while true {
      let count = recv(self.descriptor, target.baseAddress, target.count, 0)
      if count >= 0 { return .moved(count) }
      if errno == EINTR { continue }
      return errno == EAGAIN || errno == EWOULDBLOCK ? .wouldBlock : .failed(errno)
    }
  }

  func send(_ bytes: UnsafeRawBufferPointer) -> Transfer {
    while true {
      let count = Glibc.send(self.descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      if count >= 0 { return .moved(count) }
      if errno == EINTR { continue }
      return errno == EAGAIN || errno == EWOULDBLOCK ? .wouldBlock : .failed(errno)
    }
  }

  /// This end's address; nil on a broken socket.
  func localAddress() -> SocketAddress? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(self.descriptor, $0, &length) == 0 ? SocketAddress(UnsafePointer($0)) : nil
      }
    }
  }

  func close() { Glibc.close(self.descriptor) }
}
