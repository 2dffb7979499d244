internal import JSON
internal import Search

/// What answers at the hosts' addresses.
///
/// Read from `GET /`, never from the header X-Elastic-Product, which OpenSearch and proxies do not send.
struct ServerProduct: Hashable, Sendable, CustomStringConvertible {
  enum Kind: String, Hashable, Sendable { case elasticsearch, opensearch }

  var kind: Kind
  var version: String

  /// Composable index templates came with 7.8; what we have seen work begins with 7.10, which OpenSearch 1 calls itself
  /// when told to.
  private static let oldestElasticsearch = (major: 7, minor: 10)

  var description: String {
    switch self.kind {
    case .elasticsearch: "Elasticsearch \(self.version)"
    case .opensearch: "OpenSearch \(self.version)"
    }
  }

  /// - Throws: ``SearchError/Code/misconfigured`` when it is something else, or too old.
  init(_ root: JSONValue, at url: String) throws(SearchError) {
    guard let version = root["version"]?["number"]?.string else {
      throw SearchError(
        .misconfigured,
        "What answers at \(url) is neither Elasticsearch nor OpenSearch; check the address.")
    }
    self.version = version
    self.kind =
      root["version"]?["distribution"]?.string == "opensearch" ? .opensearch : .elasticsearch
    let parts = version.split(separator: ".").prefix(2).map { Int($0) ?? 0 }
    let major = parts.first ?? 0
    let minor = parts.count > 1 ? parts[1] : 0
    guard self.kind == .opensearch || (major, minor) >= Self.oldestElasticsearch else {
      throw SearchError(
        .misconfigured,
        "\(self) at \(url) is too old: Elasticsearch 7.17, 8, 9 and OpenSearch 1, 2, 3 can be used."
      )
    }
  }
}
