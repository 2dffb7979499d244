internal import API
internal import APIConversions
internal import AdminServer
internal import ElasticsearchIndex
internal import IndexStage
internal import Options
internal import Pipeline
internal import RPC
internal import RPCTransport
internal import RedisQueue
internal import Search
internal import ServiceRuntime
internal import Telemetry

@main
enum Main {
  static func main() async {
    await ServiceMain.run(
      IndexerOptions.program, IndexerOptions.service, actions: [Self.reindex]
    ) { context in
      let queue = try RedisQueue(
        context.redis, consumer: context.consumer, logger: context.logger)
      let opened = try await context.values[IndexerOptions.backend]
        .open(context.values, context.logger)
      let index = opened.index
      var options = IndexWorkerOptions()
      options.maxBatch = context.values[IndexerOptions.maxBatch]
      options.maxConcurrentBatches = opened.concurrentBatches
      options.shutdownTimeout = context.shutdownTimeout
      let worker = IndexWorker(
        queue: queue, index: index, decode: { try await TranscriptPayload.decode($0) },
        options: options,
        logger: context.logger, metrics: context.metrics)
      return Service(
        services: [
          Indexer(index: index), IndexReading(index: index), IndexAdministration(index: index),
        ],
        allow: RPCAllowTable([
          (service: IndexerMethods.service, identities: context.values[IndexerOptions.allow]),
          (service: IndexMethods.service, identities: context.values[IndexerOptions.allow]),
          (service: IndexAdminMethods.service, identities: context.values[IndexerOptions.allow]),
        ]),
        parts: [
          ServicePart("index worker") {
            await worker.run()
          } beginGracefulShutdown: {
            await worker.beginGracefulShutdown()
          },
          .upkeep("upkeep of the index") { try await index.run() },
        ],
        checks: [
          .redis(queue), ReadinessCheck("indexing") { await worker.problem },
          ReadinessCheck("search cluster", check: opened.problem),
          .progress(of: .index, in: queue) { await worker.lastProgress },
        ],
        close: {
          await index.close()
          await queue.close()
        })
    }
  }

  /// `indexer reindex [INDEX]`.
  private static let reindex = ServiceMain.Action("reindex", maximum: 1) { values, words, logger in
    guard values[IndexerOptions.backend] != .sqlite else {
      throw OptionError(
        message: "the embedded index is indexed anew by itself where that is needed",
        remedy: "give --index-backend elasticsearch or opensearch")
    }
    let text = words.first ?? IndexName.default.text
    guard let name = IndexName(text) else {
      throw OptionError(
        message: "\(text) is not the name of an index",
        remedy: "lower case letters, digits, - and _")
    }
    let index = try await IndexBackend.cluster(values, logger)
    let copied = try await index.reindex(name) {
      logger.info("Indexing anew.", [.count: String($0)])
    }
    logger.info("Indexed anew; all names point to the new index.", [.count: String(copied)])
    await index.close()
  }
}
