internal import API
internal import APIConversions
internal import AdminServer
internal import FetchStage
internal import HTTPClient
internal import Options
internal import Pipeline
internal import RPC
internal import RPCTransport
internal import RedisQueue
internal import ServiceRuntime
internal import YouTubeSource

@main
enum Main {
  static func main() async {
    await ServiceMain.run(FetcherOptions.program, FetcherOptions.service) { context in
      let queue = try RedisQueue(
        context.redis, consumer: context.consumer, logger: context.logger)
      let configuration = try Self.sourceConfiguration(context)
      let http = try await HTTPClient(options: configuration.httpOptions)
      let source = YouTubeSource(
        configuration: configuration, http: http, limiter: RedisEgressLimiter(queue),
        logger: context.logger, metrics: context.metrics)
      var options = FetchWorkerOptions()
      options.maxConcurrentFetches = context.values[FetcherOptions.maxFetches]
      options.shutdownTimeout = context.shutdownTimeout
      let worker = FetchWorker(
        queue: queue, source: source, encode: { await TranscriptPayload.encode($0) },
        options: options,
        logger: context.logger, metrics: context.metrics)
      let limits = LimitSettings(context.values, queue, context.logger)
      return Service(
        services: [Fetcher(source: source)],
        allow: RPCAllowTable([
          (service: FetcherMethods.service, identities: context.values[FetcherOptions.allow])
        ]),
        parts: [
          ServicePart("fetch worker") {
            if await limits.write() { await worker.run() }
          } beginGracefulShutdown: {
            await limits.stop()
            await worker.beginGracefulShutdown()
          }
        ],
        checks: [
          .redis(queue), ReadinessCheck("fetching") { await worker.problem },
          .progress(of: .fetch, in: queue) { await worker.lastProgress },
        ],
        close: {
          await http.close()
          await queue.close()
        })
    }
  }

  private static func sourceConfiguration(_ context: ServiceContext) throws -> YouTubeConfiguration
  {
    var configuration = YouTubeConfiguration()
    configuration.maxTransfers = context.values[FetcherOptions.maxFetches]
    configuration.caFile = context.values[FetcherOptions.sourceCA]
    configuration.proxyCAFile = context.values[FetcherOptions.proxyCA]
    if let endpoint = context.values[FetcherOptions.connectTo] {
      // An empty host and port stand for all (curl_easy_setopt, CURLOPT_CONNECT_TO).
      configuration.connectTo = ["::\(endpoint)"]
    }
    if let file = context.values[FetcherOptions.proxies] {
      do {
        configuration.proxies = try EgressProxy.list(parsing: try OptionProcess.readFile(file))
      } catch {
        throw context.values.mistake(
          FetcherOptions.proxies, "\(error)", remedy: "see --help for how a line looks")
      }
    }
    return configuration
  }
}
