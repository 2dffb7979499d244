public import HTTPClient
public import Telemetry
public import Transcripts

/// Transcripts and playlists from YouTube, as its own apps ask for them (InnerTube).
///
/// A transcript costs two requests: the player's answer, which lists the caption tracks, and the track itself.
/// Clients are tried in order, and egress identities too when one is blocked (``YouTubeConfiguration``). Every request waits for
/// a permit of the ``EgressLimiter`` first. Bodies are parsed off the network thread.
///
/// YouTube documents none of this. What is relied on is in `Tests/YouTubeSourceTests/Fixtures/README.md`.
public final class YouTubeSource: TranscriptSource {
  let exchange: Exchange
  let fields = FieldsSupport()
  let dataAPIPause = DataAPIPause()

  var configuration: YouTubeConfiguration { self.exchange.configuration }
  var logger: Logger { self.exchange.logger }

  /// - Parameters:
  ///   - http: Made with ``YouTubeConfiguration/httpOptions``.
  ///   - metrics: Gets `http_client_request_duration_seconds`.
  public convenience init(
    configuration: YouTubeConfiguration, http: HTTPClient, limiter: any EgressLimiter,
    logger: Logger = .disabled, metrics: MetricsRegistry? = nil
  ) {
    self.init(
      configuration: configuration, fetching: http, limiter: limiter, logger: logger,
      metrics: metrics)
  }

  /// With any maker of requests, and any way to sleep.
  package init(
    configuration: YouTubeConfiguration, fetching http: any HTTPFetching,
    limiter: any EgressLimiter, logger: Logger = .disabled, metrics: MetricsRegistry? = nil,
    sleep: @escaping @Sendable (Duration) async throws -> Void = {
      try await Task.sleep(for: $0, clock: .continuous)
    }
  ) {
    let durations = metrics?.histograms(
      "http_client_request_duration_seconds", help: "Requests to YouTube.",
      labels: ["http_request_method", "http_response_status_code", "error_type"])
    self.exchange = Exchange(
      configuration: configuration, http: http, pool: EgressPool(configuration.proxies),
      limiter: limiter, logger: logger, durations: durations, sleep: sleep)
  }

  /// Runs `attempt` with one egress identity after another, until one helps or it is not the identity's fault.
  func withEgress<Result>(
    deadline: ContinuousClock.Instant, _ attempt: (Egress) async throws -> Result
  ) async throws -> Result {
    var excluded: Set<EgressIdentity> = []
    var last: FetchError?
    var exits = 0
    var identities = 0
    while identities < max(1, self.configuration.maxIdentitiesPerVideo) {
      if excluded.count >= self.exchange.pool.count { break }
      let egress: Egress
      do {
        egress = try await self.exchange.acquire(excluding: excluded, deadline: deadline)
      } catch let error as FetchError {
        // The first identity's failure says more than that the others have to wait.
        throw last ?? error
      }
      do {
        return try await attempt(egress)
      } catch let failure as AttemptFailure {
        self.logger.debug(
          "A request to YouTube failed",
          [
            .egress: egress.identity.name, .errorKind: failure.error.kind.rawValue,
            .error: failure.error.message,
          ])
        guard failure.scope == .identity else { throw failure.error }
        last = failure.error
        // The next connection of a rotating proxy is another address.
        if egress.isRotating, failure.error.kind != .unreachable {
          exits += 1
          if exits < max(1, self.configuration.maxExitsPerVideo) { continue }
        }
        excluded.insert(egress.identity)
        identities += 1
      }
    }
    throw last ?? FetchError(.blocked, "every egress identity is blocked")
  }
}
