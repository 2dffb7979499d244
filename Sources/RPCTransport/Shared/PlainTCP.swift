internal import Networking

/// Where TLS may be left out.
enum PlainTCP {
  private static let localhost = "localhost"

  /// Checks that nothing sent to or received at an address leaves the machine.
  ///
  /// - Throws: `NetworkError` (`misconfigured`) naming the address and the remedy.
  static func check(_ address: String, _ port: UInt16) throws(NetworkError) {
    if address == Self.localhost { return }
    if let numeric = SocketAddress(address, port: port), numeric.isLoopback { return }
    throw NetworkError(
      .misconfigured,
      "plain TCP is allowed on loopback addresses only, and \"\(address.prefix(300))\" is none: give a certificate and key, or use 127.0.0.1 or ::1"
    )
  }
}
