/// Where the simulator listens and what it plays.
public struct SimulatorConfiguration: Sendable {
  /// Numeric address to listen on.
  public var address = "127.0.0.1"
  /// TLS straight away, as YouTube: for libcurl's connect-to. Zero picks a free port.
  public var port: UInt16 = 0
  /// An HTTP proxy whose tunnels all end in the simulator. Nil: none.
  public var proxyPort: UInt16?
  /// The same proxy, reached by TLS with ``certificateFile``. Nil: none.
  public var tlsProxyPort: UInt16?
  /// A SOCKS 5 proxy whose tunnels all end in the simulator. Nil: none.
  public var socksPort: UInt16?
  /// Plain HTTP: counters, log, and changing the scenario. Nil: none.
  public var controlPort: UInt16?
  /// Numeric address of the control port. Whoever reaches it can change what is played.
  public var controlAddress = "127.0.0.1"
  /// Offers HTTP/2, as YouTube does. Without it every request that runs needs a connection of its own.
  public var allowsHTTP2 = true
  /// PEM files of the certificate chain and its key. The certificate has to name the hosts of ``hosts``.
  public var certificateFile: String
  public var keyFile: String
  /// Everything random comes from it.
  public var seed: UInt64 = 1
  /// Length of synthetic videos.
  public var minutes: ClosedRange<Double> = 3...9
  /// Extra bytes in every player reply; 0 to 400,000. Real replies are 40 to 400 KB large.
  public var paddingBytes = 0
  public var scenario = Scenario.ideal
  /// Connections at one time, each way in.
  public var maxConnections = 4096

  /// The names a certificate for the simulator needs, and the only ones a tunnel may lead to.
  public static let hosts = [
    "www.youtube.com", "m.youtube.com", "youtube.com", "youtu.be", "consent.youtube.com",
    "youtubei.googleapis.com", "www.googleapis.com", "www.google.com",
  ]

  public init(certificateFile: String, keyFile: String) {
    self.certificateFile = certificateFile
    self.keyFile = keyFile
  }
}
