internal import API
internal import APIConversions
internal import AdminServer
internal import IndexStage
internal import Options
internal import Pipeline
internal import RPC
internal import RPCTransport
internal import RedisQueue
internal import SQLiteIndex
internal import ServiceRuntime

@main
enum Main {
  static func main() async {
    await ServiceMain.run(IndexerOptions.program, IndexerOptions.service) { context in
      let queue = try RedisQueue(
        context.redis, consumer: context.consumer, logger: context.logger)
      var configuration = SQLiteIndexConfiguration(folder: context.values[IndexerOptions.folder])
      configuration.maxShards = context.values[IndexerOptions.maxShards]
      configuration.readers = context.values[IndexerOptions.readers]
      let index = try await SQLiteIndex.open(configuration, logger: context.logger)
      var options = IndexWorkerOptions()
      options.maxBatch = context.values[IndexerOptions.maxBatch]
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
          .progress(of: .index, in: queue) { await worker.lastProgress },
        ],
        close: {
          await index.close()
          await queue.close()
        })
    }
  }
}
