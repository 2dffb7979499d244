internal import ElasticsearchIndex
internal import IndexStage
internal import Options
internal import SQLiteIndex
internal import Search
internal import Telemetry

/// Where the index is.
enum IndexBackend: String, CaseIterable, Sendable {
  case sqlite, elasticsearch, opensearch

  /// An index, with what the service needs to know of its kind.
  struct Opened {
    var index: any SearchIndex
    /// Why it cannot be used, apart from what a write says.
    var problem: @Sendable () async -> String?
    /// Batches that are written at once.
    var concurrentBatches: Int
  }

  func open(_ values: OptionValues, _ logger: Logger) async throws -> Opened {
    switch self {
    case .sqlite:
      var configuration = SQLiteIndexConfiguration(folder: values[IndexerOptions.folder])
      configuration.maxShards = values[IndexerOptions.maxShards]
      configuration.readers = values[IndexerOptions.readers]
      let index = try await SQLiteIndex.open(configuration, logger: logger)
      return Opened(
        index: index, problem: { nil }, concurrentBatches: IndexWorkerOptions().maxConcurrentBatches
      )
    case .elasticsearch, .opensearch:
      let index = try await Self.cluster(values, logger)
      return Opened(
        index: index, problem: { await index.problem },
        // A cluster is slow to answer and wide: batches share a bulk request.
        concurrentBatches: 4 * values[ClusterOptions.bulkRequests])
    }
  }

  static func cluster(
    _ values: OptionValues, _ logger: Logger
  ) async throws -> ElasticsearchIndex {
    try await ElasticsearchIndex(try ClusterOptions.configuration(values), logger: logger)
  }
}
