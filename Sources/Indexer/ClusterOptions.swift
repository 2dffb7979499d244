internal import ElasticsearchIndex
internal import Options

/// The part of the command line that is about a search cluster.
enum ClusterOptions {
  static let urls = Option.list(
    "elasticsearch-url", parse: .text, placeholder: "URL",
    help: "Nodes of the cluster, http://host:9200 or https://host:9200; all are asked in turn.")
  static let user = Option(
    "elasticsearch-user", parse: .text, defaultNote: "none",
    help: "Who we are to the cluster; its password is in a file.")
  static let password = Option.secretFile("elasticsearch-password", help: "The user's password.")
  static let apiKey = Option.secretFile(
    "elasticsearch-api-key", help: "An API key, encoded as the cluster gave it.")
  static let token = Option.secretFile(
    "elasticsearch-token", help: "A bearer token.")
  static let ca = Option(
    "elasticsearch-ca", parse: .file, defaultNote: "the system's",
    help: "Certificates of the authorities that the cluster's nodes are trusted by, PEM.")
  static let certificate = Option(
    "elasticsearch-certificate", parse: .file, defaultNote: "none",
    help: "A certificate to show to the cluster, PEM.")
  static let key = Option(
    "elasticsearch-key", parse: .file, defaultNote: "none", help: "Its key, PEM.")
  static let prefix = Option(
    "elasticsearch-prefix", parse: .text, default: "verbatim",
    help: "The first part of all names in the cluster: several installations may share one.")
  static let shards = Option(
    "elasticsearch-shards", parse: .integer(1...1024), default: 1,
    help: "Shards of a new index. One is good for some tens of gigabytes; reindex to change it.")
  static let replicas = Option(
    "elasticsearch-replicas", parse: .integer(0...100),
    defaultNote: "one if there is a second node",
    help: "Copies of a new index beside the first.")
  static let bulkRequests = Option(
    "elasticsearch-bulk-requests", parse: .integer(1...32), default: 2,
    help: "Bulk requests at once; fewer while the cluster is overloaded.")
  static let linger = Option(
    "elasticsearch-linger", parse: .duration, default: .milliseconds(5),
    help: "How long a document waits for others to share a bulk request with.")
  static let gzip = Option(
    "elasticsearch-gzip", parse: .boolean, default: false,
    help: "Compress bulk requests: for a cluster that is far away.")

  static let group = OptionGroup(
    "Search cluster (with --index-backend elasticsearch or opensearch)",
    [
      Self.urls, Self.user, Self.password, Self.apiKey, Self.token, Self.ca, Self.certificate,
      Self.key, Self.prefix, Self.shards, Self.replicas, Self.bulkRequests, Self.linger, Self.gzip,
    ])

  /// - Throws: `OptionError` for options that exclude each other.
  static func configuration(
    _ values: OptionValues
  ) throws(OptionError) -> ElasticsearchConfiguration {
    guard !values[Self.urls].isEmpty else {
      throw OptionError(
        message: "no node of the search cluster is given",
        remedy: "give --elasticsearch-url http://host:9200")
    }
    var configuration = ElasticsearchConfiguration(hosts: values[Self.urls])
    configuration.credentials = try Self.credentials(values)
    configuration.caFile = values[Self.ca]
    configuration.clientCertificateFile = values[Self.certificate]
    configuration.clientKeyFile = values[Self.key]
    configuration.prefix = values[Self.prefix]
    configuration.shards = values[Self.shards]
    configuration.replicas = values[Self.replicas]
    configuration.maxBulkRequests = values[Self.bulkRequests]
    configuration.linger = values[Self.linger]
    configuration.compressesRequests = values[Self.gzip]
    return configuration
  }

  private static func credentials(
    _ values: OptionValues
  ) throws(OptionError) -> ElasticsearchConfiguration.Credentials {
    let ways: [ElasticsearchConfiguration.Credentials?] = [
      values[Self.user].map {
        .basic(user: $0, password: values[Self.password]?.value ?? "")
      },
      values[Self.apiKey].map { .apiKey($0.value) }, values[Self.token].map { .bearer($0.value) },
    ]
    let given = ways.compactMap { $0 }
    guard given.count <= 1 else {
      throw OptionError(
        message: "more than one kind of credentials is given for the search cluster",
        remedy: "give a user, an API key or a token")
    }
    guard (values[Self.user] == nil) == (values[Self.password] == nil) else {
      throw OptionError(
        message: "a user of the search cluster needs a password, and a password its user",
        remedy: "give --elasticsearch-user and --elasticsearch-password-file")
    }
    return given.first ?? .none
  }
}
