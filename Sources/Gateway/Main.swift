internal import API
internal import AdminServer
internal import GatewayStage
internal import Options
internal import Pipeline
internal import RPC
internal import RPCTransport
internal import RedisClient
internal import RedisQueue
internal import ServiceRuntime

@main
enum Main {
  static func main() async {
    await ServiceMain.run(GatewayOptions.program, GatewayOptions.service) { context in
      let queue = try RedisQueue(
        context.redis, consumer: context.consumer, logger: context.logger)
      // Callers are told at once that there is no Redis; the worker waits for it.
      let answering = try RedisQueue(
        context.redis.impatient(), consumer: context.consumer, logger: context.logger)
      let fetchers = RPCClient(
        endpoints: context.values[GatewayOptions.fetchers], tls: context.clientTLS,
        serverName: context.values[GatewayOptions.fetcherName], options: context.clientOptions,
        logger: context.logger, metrics: context.metrics)
      let indexers = RPCClient(
        endpoints: context.values[GatewayOptions.indexers], tls: context.clientTLS,
        serverName: context.values[GatewayOptions.indexerName], options: context.clientOptions,
        logger: context.logger, metrics: context.metrics)
      let worker = ExpansionWorker(
        queue: queue, playlists: FetcherPlaylists(FetcherClient(fetchers)),
        logger: context.logger, metrics: context.metrics)
      let allowed = context.values[GatewayOptions.allow]
      let operators = context.values[GatewayOptions.allowOperators]
      return Service(
        services: [
          Gateway(jobs: answering, indexer: IndexerClient(indexers)),
          PipelineOperations(control: answering, letters: answering, inspection: answering),
          SyncOperations(store: answering),
          IndexForwarding(indexer: IndexClient(indexers)),
          IndexAdminForwarding(indexer: IndexAdminClient(indexers)),
        ],
        allow: allowed.isEmpty
          ? .anyone
          : RPCAllowTable([
            (service: GatewayMethods.service, identities: allowed),
            (service: SyncMethods.service, identities: allowed),
            (service: IndexMethods.service, identities: allowed),
            (
              service: IndexAdminMethods.service,
              identities: operators.isEmpty ? allowed : operators
            ),
            (
              service: PipelineMethods.service,
              identities: operators.isEmpty ? allowed : operators
            ),
          ]),
        parts: [
          ServicePart("expansion worker") {
            await worker.run()
          } beginGracefulShutdown: {
            await worker.beginGracefulShutdown()
          }
        ],
        checks: [
          .redis(queue), ReadinessCheck("expansion") { await worker.problem },
          .progress(of: .expand, in: queue) { await worker.lastProgress },
        ],
        clients: [fetchers, indexers],
        close: {
          await fetchers.close()
          await indexers.close()
          await answering.close()
          await queue.close()
        })
    }
  }
}
