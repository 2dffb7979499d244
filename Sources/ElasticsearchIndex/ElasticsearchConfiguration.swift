/// How to reach an Elasticsearch or OpenSearch cluster, and how its indexes are made.
public struct ElasticsearchConfiguration: Sendable {
  /// Who we are to the cluster.
  public enum Credentials: Sendable {
    case none
    case basic(user: String, password: String)
    /// The encoded key, as the cluster gave it (`encoded`): `Authorization: ApiKey …`.
    case apiKey(String)
    case bearer(String)
  }

  /// `http://host:9200` or `https://host:9200`, one for each node that may be asked; a path in front of the API is kept.
  public var hosts: [String]
  public var credentials = Credentials.none
  /// Certificates of the authorities to trust, in PEM, in place of the system's.
  public var caFile: String?
  /// What is shown to nodes that ask for a certificate, in PEM, and its key.
  public var clientCertificateFile: String?
  public var clientKeyFile: String?

  /// The first part of the name of everything that is made in the cluster: several installations may share one.
  public var prefix = "verbatim"
  /// Of a new index. A shard is good for some tens of gigabytes.
  public var shards = 1
  /// Copies of a new index beside the first. Nil: one as soon as there is a second node.
  public var replicas: Int?

  /// Documents in one `_bulk`. The reference documentation advises 1,000 to 5,000 operations of a kilobyte: ours have ten.
  public var maxBulkDocuments = 500
  /// Bytes of one `_bulk`, before compression: the reference documentation's advice is 5 to 15 MB. One larger document
  /// goes alone.
  public var maxBulkBytes = 5 << 20
  /// How long a document waits for others to share a `_bulk` with.
  public var linger = Duration.milliseconds(5)
  /// `_bulk` requests at once.
  public var maxBulkRequests = 2
  /// Compresses the bodies of `_bulk` requests: for a cluster that is far away.
  public var compressesRequests = false

  /// For one try of one request, but a `_bulk` or an upkeep.
  public var requestTimeout = Duration.seconds(10)
  /// For one try of a `_bulk`: then the same is sent to another node, which changes nothing that the first has done.
  public var bulkTimeout = Duration.seconds(30)
  /// For a write, with everything that is tried again; then it throws, and its caller keeps the documents.
  public var writeTimeout = Duration.seconds(60)
  /// Waits between tries, each twice as long as the one before.
  public var minRetryDelay = Duration.milliseconds(250)
  public var maxRetryDelay = Duration.seconds(30)
  /// How often ``ElasticsearchIndex/run()`` looks whether the cluster answers.
  public var checkInterval = Duration.seconds(10)
  /// While writes go on, how often what was written is made findable; more seldom where that takes more than a tenth of it.
  public var refreshInterval = Duration.seconds(1)
  /// For how long names of indexes are remembered; after that other processes see a new alias.
  public var catalogLifetime = Duration.seconds(2)

  public init(hosts: [String]) { self.hosts = hosts }
}
