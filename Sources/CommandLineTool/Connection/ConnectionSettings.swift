package import Networking
internal import Options

/// How to reach the gateway; checked as far as that goes without a network.
package struct ConnectionSettings: Sendable, Hashable {
  /// Any of them will do.
  package let endpoints: [Endpoint]
  /// Nil: without TLS.
  package let tls: TLSFiles?

  /// The option that named the endpoints, for hints.
  let addressOption: String

  /// What TLS needs.
  package struct TLSFiles: Sendable, Hashable {
    /// PEM file; nil: the system's authorities.
    package let authority: String?
    /// PEM file with the certificate to show; nil: none.
    package let certificate: String?
    /// PEM file with its key.
    package let key: String?
    /// What the gateway's certificate must be called.
    package let serverName: String
  }

  init(_ values: OptionValues) throws(OptionError) {
    let address = values.command == CallCommand.name ? values[CallCommand.address] : []
    self.endpoints = address.isEmpty ? values[ToolOptions.gateway] : address
    self.addressOption = address.isEmpty ? "--gateway" : "--address"
    guard !values[ToolOptions.plaintext] else {
      if let endpoint = self.endpoints.first(where: { !Self.isThisMachine($0) }) {
        throw values.mistake(
          ToolOptions.plaintext,
          "\(endpoint) is not on this machine, and what is sent could be read on the way",
          remedy: "leave --plaintext out and give --tls-ca, --tls-certificate and --tls-key")
      }
      self.tls = nil
      return
    }
    let certificate = values[ToolOptions.certificate]
    let key = values[ToolOptions.key]
    if certificate != nil, key == nil {
      throw values.mistake(
        ToolOptions.certificate, "its key is missing", remedy: "give --tls-key FILE as well")
    }
    if key != nil, certificate == nil {
      throw values.mistake(
        ToolOptions.key, "its certificate is missing", remedy: "give --tls-certificate FILE as well"
      )
    }
    self.tls = TLSFiles(
      authority: values[ToolOptions.authority], certificate: certificate, key: key,
      serverName: values[ToolOptions.serverName])
  }

  /// For messages: `127.0.0.1:7400`.
  var name: String { self.endpoints.map(\.description).joined(separator: ", ") }

  private static func isThisMachine(_ endpoint: Endpoint) -> Bool {
    endpoint.host == "localhost"
      || SocketAddress(endpoint.host, port: endpoint.port)?.isLoopback == true
  }
}
