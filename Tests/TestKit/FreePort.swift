internal import Foundation
internal import Synchronization

/// Loopback ports that nobody listens on at the moment.
public enum FreePort {
  /// Below those that Linux gives to outgoing connections (`ip_local_port_range`, from 32768 on): one of these would take the
  /// port of a server that is about to start, or starts again.
  private static let range: Range<UInt16> = 12_000..<32_000
  /// Begins by chance, so that test processes which run beside each other ask for different ones.
  private static let last = Atomic<UInt16>(.random(in: Self.range))

  /// A port that this process has not been given for long. Whoever starts a server on it tries again should it be taken after all.
  public static func next() throws -> UInt16 {
    for _ in 0..<1_000 {
      let count = self.last.wrappingAdd(1, ordering: .relaxed).newValue
      let port = self.range.lowerBound + count % UInt16(self.range.count)
      if self.isFree(port) { return port }
    }
    throw TestServerError("no loopback port is free")
  }

  private static func isFree(_ port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    // As servers do: what is left of closed connections is in nobody's way.
    var reuse: Int32 = 1
    setsockopt(
      descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = port.bigEndian
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
