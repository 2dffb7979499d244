internal import Foundation

/// Loopback ports that nobody listens on at the moment.
public enum FreePort {
  /// The system's choice. Somebody else may take it before it is used: whoever starts a server on it tries again then.
  public static func next() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard result else { throw TestServerError("no loopback port is free") }
    return UInt16(bigEndian: address.sin_port)
  }
}
