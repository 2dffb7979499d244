public import Networking
internal import Options

/// The certificates of one service: as whom it serves, and as whom it calls others.
public struct ServiceTLS: Sendable {
  /// Asks every caller for a certificate; only with tokens may one have none.
  public let server: TLSContext
  public let client: TLSContext

  /// Reads the files that `values` name. Nil: plain TCP was asked for.
  ///
  /// - Parameter protocols: ALPN identifiers, best first.
  /// - Throws: `OptionError` or `TLSError` that names the file and the remedy.
  static func read(
    _ options: ServiceOptions, _ values: OptionValues, protocols: [String]
  ) throws -> ServiceTLS? {
    if values[options.plaintext] { return nil }
    guard let authority = values[options.tlsCA], let certificate = values[options.tlsCertificate],
      let key = values[options.tlsKey]
    else {
      let missing = [options.tlsCA, options.tlsCertificate, options.tlsKey]
        .first { values[$0] == nil }
      throw OptionError(
        option: missing?.name,
        message: "--\(missing?.name ?? "tls-ca") is missing, and services talk TLS",
        remedy:
          "give --tls-ca, --tls-certificate and --tls-key (deploy/certificates makes some), or --plaintext on loopback"
      )
    }
    return ServiceTLS(
      server: try .server(
        certificate: certificate, key: key, clientAuthority: authority,
        requiresCertificate: values[options.tokens] == nil, protocols: protocols),
      client: try .client(
        authority: authority, certificate: certificate, key: key, protocols: protocols))
  }
}
