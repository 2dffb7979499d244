internal import CUV
internal import Glibc

/// An IPv4 or IPv6 address with a port.
///
/// IPv4 addresses that arrive mapped into IPv6 (`::ffff:192.0.2.1`, on a listener for both families) are IPv4 here.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
  private enum IP: Hashable {
    /// In the machine's byte order.
    case v4(UInt32)
    /// Two halves in the machine's byte order, and the zone of a link-local address.
    case v6(UInt64, UInt64, scope: UInt32)
  }

  private let ip: IP
  public var port: UInt16

  /// Reads a numeric address: `192.0.2.1`, `::1`, `fe80::1%eth0`. Nil for anything else, names included.
  public init?(_ numeric: String, port: UInt16) {
    self.port = port
    var v4 = in_addr()
    if inet_pton(AF_INET, numeric, &v4) == 1 {
      self.ip = .v4(UInt32(bigEndian: v4.s_addr))
      return
    }
    let parts = numeric.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
    var scope: UInt32 = 0
    if parts.count == 2 {
      let zone = String(parts[1])
      scope = UInt32(zone) ?? if_nametoindex(zone)
      guard scope > 0 else { return nil }
    }
    var v6 = in6_addr()
    guard let text = parts.first, inet_pton(AF_INET6, String(text), &v6) == 1 else { return nil }
    self.ip = Self.ip(v6, scope: scope)
  }

  /// Every address of this machine: `::` or `0.0.0.0`.
  static func any(_ family: Int32, port: UInt16) -> SocketAddress {
    SocketAddress(family == AF_INET6 ? .v6(0, 0, scope: 0) : .v4(0), port)
  }

  private init(_ ip: IP, _ port: UInt16) {
    self.ip = ip
    self.port = port
  }

  /// Nil for a family other than IPv4 and IPv6.
  init?(_ address: UnsafePointer<sockaddr>) {
    switch Int32(address.pointee.sa_family) {
    case AF_INET:
      self = UnsafeRawPointer(address).withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
        SocketAddress(
          .v4(UInt32(bigEndian: $0.pointee.sin_addr.s_addr)), UInt16(bigEndian: $0.pointee.sin_port)
        )
      }
    case AF_INET6:
      self = UnsafeRawPointer(address).withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
        SocketAddress(
          Self.ip($0.pointee.sin6_addr, scope: $0.pointee.sin6_scope_id),
          UInt16(bigEndian: $0.pointee.sin6_port))
      }
    default: return nil
    }
  }

  private static func ip(_ address: in6_addr, scope: UInt32) -> IP {
    let (high, low) = withUnsafeBytes(of: address) {
      (
        UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
        UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
    }
    if high == 0, low >> 32 == 0xffff { return .v4(UInt32(truncatingIfNeeded: low)) }
    return .v6(high, low, scope: scope)
  }

  /// The address in text, without the port.
  public var host: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    switch self.ip {
    case .v4(let value):
      var address = in_addr(s_addr: value.bigEndian)
      inet_ntop(AF_INET, &address, &text, socklen_t(text.count))
    case .v6(let high, let low, let scope):
      var address = Self.in6(high, low)
      inet_ntop(AF_INET6, &address, &text, socklen_t(text.count))
      if scope > 0 { return "\(Self.string(text))%\(scope)" }
    }
    return Self.string(text)
  }

  /// `192.0.2.1:7400` or `[::1]:7400`.
  public var description: String {
    self.family == AF_INET6 ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
  }

  /// True for 127.0.0.0/8 and `::1`: nothing of it leaves the machine.
  public var isLoopback: Bool {
    switch self.ip {
    case .v4(let value): value >> 24 == 127
    case .v6(let high, let low, _): high == 0 && low == 1
    }
  }

  var family: Int32 {
    switch self.ip {
    case .v4: AF_INET
    case .v6: AF_INET6
    }
  }

  /// Calls `body` with the C form of the address.
  func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var storage = sockaddr_storage()
    let length = withUnsafeMutableBytes(of: &storage) { bytes -> Int in
      switch self.ip {
      case .v4(let value):
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = self.port.bigEndian
        address.sin_addr.s_addr = value.bigEndian
        bytes.storeBytes(of: address, as: sockaddr_in.self)
        return MemoryLayout<sockaddr_in>.size
      case .v6(let high, let low, let scope):
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = self.port.bigEndian
        address.sin6_addr = Self.in6(high, low)
        address.sin6_scope_id = scope
        bytes.storeBytes(of: address, as: sockaddr_in6.self)
        return MemoryLayout<sockaddr_in6>.size
      }
    }
    return withUnsafePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
    }
  }

  private static func in6(_ high: UInt64, _ low: UInt64) -> in6_addr {
    var address = in6_addr()
    withUnsafeMutableBytes(of: &address) {
      $0.storeBytes(of: high.bigEndian, as: UInt64.self)
      $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
    return address
  }

  private static func string(_ text: [CChar]) -> String {
    String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
