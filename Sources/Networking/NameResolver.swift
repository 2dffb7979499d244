internal import CUV
internal import Glibc

/// Finds the addresses behind a name, without blocking the network thread.
public enum NameResolver {
  /// Names looked up at one time; one more fails. The system's resolver works on a few at once, the rest waits.
  @NetworkActor public static let maxLookups = 256
  /// Addresses of one name beyond this are not looked at.
  public static let maxAddresses = 64

  @NetworkActor static var lookups = 0

  /// The addresses of `host` in the order the system prefers, each once. Numeric addresses are not looked up.
  ///
  /// - Throws: ``NetworkError``: `nameNotFound`, `nameServerFailed`, `timedOut`, `cancelled`.
  @NetworkActor
  public static func addresses(
    of host: String, port: UInt16, timeout: Duration = .seconds(5)
  ) async throws -> [SocketAddress] {
    if let address = SocketAddress(host, port: port) { return [address] }
    guard !host.isEmpty, host.utf8.count <= Endpoint.maxHostBytes, !host.utf8.contains(0) else {
      throw NetworkError(.invalidAddress, "\"\(host.prefix(300))\" is no host name")
    }
    guard Self.lookups < Self.maxLookups else {
      throw NetworkError(
        .tooManyConnections, "look up \(host): \(Self.maxLookups) names are being looked up already"
      )
    }
    let lookup = Lookup(host: host, port: port)
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { lookup.start(timeout, $0) }
    } onCancel: {
      // May run on any thread; the hop is all that this task does.
      Task { @NetworkActor in
        lookup.finish(.failure(NetworkError(.cancelled, "look up \(host): cancelled")))
      }
    }
  }
}

/// One question to the system's resolver. It cannot be taken back: an answer that comes late is thrown away.
@NetworkActor
private final class Lookup {
  private let host: String
  private let port: UInt16
  private let request = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
  private let timer = Timer()
  private var continuation: CheckedContinuation<[SocketAddress], any Error>?

  init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  isolated deinit {
    self.timer.close()
    self.request.deallocate()
  }

  func start(
    _ timeout: Duration, _ continuation: CheckedContinuation<[SocketAddress], any Error>
  ) {
    guard !Task.isCancelled else {
      continuation.resume(throwing: NetworkError(.cancelled, "look up \(self.host): cancelled"))
      return
    }
    self.continuation = continuation
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    // The request belongs to libuv until its callback, and so does this object.
    self.request.pointee.data = Unmanaged.passRetained(self).toOpaque()
    let done: uv_getaddrinfo_cb = { request, status, list in
      defer { uv_freeaddrinfo(list) }
      guard let data = request?.pointee.data else { return }
      let addresses = status == 0 ? Lookup.addresses(list) : []
      let lookup = Unmanaged<Lookup>.fromOpaque(data).takeRetainedValue()
      NetworkActor.assumeIsolated { lookup.answered(status, addresses) }
    }
    let status = uv_getaddrinfo(
      NetworkActor.shared.loop.uv, self.request, done, self.host, nil, &hints)
    guard status == 0 else {
      Unmanaged.passUnretained(self).release()
      self.finish(.failure(self.error(status)))
      return
    }
    NameResolver.lookups += 1
    self.timer.schedule(after: timeout) { [weak self] in
      guard let self else { return }
      self.finish(
        .failure(
          NetworkError(
            .timedOut, "look up \(self.host): no answer within \(timeout); check the name server")))
    }
  }

  func finish(_ result: Result<[SocketAddress], any Error>) {
    self.timer.close()
    self.continuation?.resume(with: result)
    self.continuation = nil
  }

  private func answered(_ status: Int32, _ addresses: [SocketAddress]) {
    NameResolver.lookups -= 1
    guard status == 0, !addresses.isEmpty else {
      self.finish(.failure(self.error(status)))
      return
    }
    self.finish(
      .success(
        addresses.map {
          var address = $0
          address.port = self.port
          return address
        }))
  }

  private func error(_ status: Int32) -> NetworkError {
    switch status {
    case 0, UV_EAI_NONAME.rawValue, UV_EAI_NODATA.rawValue, UV_EINVAL.rawValue:
      NetworkError(.nameNotFound, "the name \(self.host) does not exist; check its spelling")
    case UV_EAI_AGAIN.rawValue, UV_EAI_FAIL.rawValue:
      NetworkError(
        .nameServerFailed, "look up \(self.host): no name server answers; check the network's DNS")
    default:
      NetworkError(
        .nameServerFailed, "look up \(self.host): \(String(cString: uv_strerror(status)))")
    }
  }

  private nonisolated static func addresses(_ list: UnsafeMutablePointer<addrinfo>?)
    -> [SocketAddress]
  {
    var found: [SocketAddress] = []
    var next = list
    while let entry = next, found.count < NameResolver.maxAddresses {
      if let raw = entry.pointee.ai_addr, let address = SocketAddress(UnsafePointer(raw)),
        !found.contains(address)
      {
        found.append(address)
      }
      next = entry.pointee.ai_next
    }
    return found
  }
}
