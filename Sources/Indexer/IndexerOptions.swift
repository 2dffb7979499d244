internal import Options
internal import Telemetry
internal import SQLiteIndex
internal import ServiceRuntime

/// The command line of `indexer`.
enum IndexerOptions {
  static let service = ServiceOptions(port: 7420)

  static let folder = Option(
    "data-folder", parse: .folder, default: "/var/lib/verbatim",
    help:
      "Where the index is. All indexers of one machine share it: each writes a file of its own and reads all. Not on a network file system."
  )
  static let maxShards = Option(
    "max-shards", parse: .integer(1...SQLiteIndexConfiguration.maxShardsLimit), default: 16,
    help: "Files in the folder, and so indexers that can write at once.")
  static let readers = Option(
    "readers", parse: .integer(1...SQLiteIndexConfiguration.maxReadersLimit), default: 2,
    help: "Searches at once.")
  static let maxBatch = Option(
    "max-batch", parse: .integer(1...SQLiteIndex.maxBatchDocuments), default: 64,
    help: "Videos written in one transaction, or given to the cluster together.")
  static let allow = Option.list(
    "allow", parse: .text, default: ["gateway"], placeholder: "NAME",
    help: "Who may call: names (DNS or URI) that callers' certificates carry.")

  static let backend = Option(
    "index-backend", parse: .choice(of: IndexBackend.self), default: .sqlite,
    help:
      "Where the index is: in files of this machine, or in an Elasticsearch or OpenSearch cluster (which of both, it says itself)."
  )

  /// `reindex` has a word of its own behind it.
  static let action = Argument(
    ServiceOptions.action.name, minimum: 0, maximum: 2,
    help:
      "Asks the service that runs with these options whether it is ready; ends with 0 or 1. Or `reindex [INDEX]`: indexes a cluster's index anew while it is used."
  )

  static let program = Program(
    name: "indexer", version: Version.current,
    summary: "Writes transcripts into the index, and searches it.",
    discussion:
      "As many may run on one machine as it bears, with a search cluster on many machines; every one of them answers any search.",
    environmentPrefix: "VERBATIM_", arguments: [Self.action],
    groups: [
      OptionGroup(
        "Index",
        [
          Self.backend, Self.folder, Self.maxShards, Self.readers, Self.maxBatch, Self.allow,
        ]), ClusterOptions.group,
    ] + Self.service.groups,
    examples: [
      Example(
        "indexer --tls-ca ca.pem --tls-certificate indexer.pem --tls-key indexer.key --data-folder /srv/index",
        "serves on 127.0.0.1:7420"),
      Example(
        "indexer --index-backend elasticsearch --elasticsearch-url https://es1:9200,https://es2:9200 --elasticsearch-api-key-file key --elasticsearch-ca ca.pem",
        "keeps the index in a cluster"),
      Example(
        "indexer reindex --index-backend elasticsearch --elasticsearch-url http://es1:9200",
        "indexes everything anew, while searches and writes go on"),
      Example("indexer healthcheck", "ends with 0 when the indexer here is ready"),
    ])
}
