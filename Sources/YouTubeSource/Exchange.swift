internal import HTTPClient
internal import JSON
internal import Telemetry
internal import Transcripts

/// Why one request, or one client's answer, did not help, and who else might.
struct AttemptFailure: Error {
  enum Scope {
    /// Nobody: the task has its answer.
    case video
    /// Another client.
    case client
    /// Another egress identity.
    case identity
  }

  var error: FetchError
  var scope: Scope

  init(_ error: FetchError, _ scope: Scope) {
    self.error = error
    self.scope = scope
  }
}

/// Sends single requests: waits for a permit, bounds the time, and tells what an answer's status means.
struct Exchange: Sendable {
  let configuration: YouTubeConfiguration
  let http: any HTTPFetching
  let pool: EgressPool
  let limiter: any EgressLimiter
  let logger: Logger
  let durations: InstrumentFamily<Histogram>?
  let sleep: @Sendable (Duration) async throws -> Void

  // MARK: Permits

  /// Waits for a permit of any identity that is not excluded.
  ///
  /// - Throws: ``FetchError``: `throttled` with the wait when it would be longer than the configuration allows or
  ///   than the deadline; `CancellationError`.
  func acquire(
    excluding excluded: Set<EgressIdentity>, deadline: ContinuousClock.Instant
  ) async throws -> Egress {
    let start = ContinuousClock.now
    while true {
      var soonest: ContinuousClock.Instant?
      for candidate in await self.pool.candidates(excluding: excluded) {
        if let notBefore = candidate.notBefore {
          soonest = min(soonest ?? notBefore, notBefore)
          continue
        }
        guard let wait = try await self.ask(candidate.egress) else {
          return candidate.egress
        }
        let instant = ContinuousClock.now + wait
        soonest = min(soonest ?? instant, instant)
      }
      guard let soonest else {
        throw FetchError(.blocked, "every egress identity that may be used is blocked")
      }
      try await self.wait(until: soonest, since: start, deadline: deadline)
    }
  }

  /// Waits for a permit of one identity.
  private func acquire(_ egress: Egress, deadline: ContinuousClock.Instant) async throws {
    let start = ContinuousClock.now
    while let wait = try await self.ask(egress) {
      try await self.wait(until: .now + wait, since: start, deadline: deadline)
    }
  }

  /// Nil: go.
  private func ask(_ egress: Egress) async throws -> Duration? {
    let identity = egress.identity
    let wait: Duration
    do {
      wait = try await self.limiter.permit(identity, weight: egress.weight, count: 1)
    } catch let error as CancellationError {
      throw error
    } catch {
      throw FetchError(
        .unreachable, "the rate limiter could not be asked, so nothing was requested: \(error)")
    }
    await self.pool.wait(identity, until: wait > .zero ? .now + wait : nil)
    return wait > .zero ? wait : nil
  }

  private func wait(
    until instant: ContinuousClock.Instant, since start: ContinuousClock.Instant,
    deadline: ContinuousClock.Instant
  ) async throws {
    let left = instant - .now
    guard instant - start <= self.configuration.maxPermitWait, instant < deadline else {
      throw FetchError(
        .throttled,
        "every egress identity is at its rate limit, paused after a block or cannot be reached for now",
        retryAfter: max(left, .zero))
    }
    if left > .zero { try await self.sleep(left) }
  }

  // MARK: Requests

  /// Waits for a permit of `egress`, then sends.
  func send(
    _ request: HTTPClient.Request, via egress: Egress, deadline: ContinuousClock.Instant
  ) async throws -> HTTPClient.Response {
    try await self.acquire(egress, deadline: deadline)
    return try await self.sendPermitted(request, via: egress, deadline: deadline)
  }

  /// Sends with a permit that the caller has.
  ///
  /// - Throws: ``AttemptFailure`` for what is the same for every request: no answer, limits, server errors, captchas.
  ///   `CancellationError`. Other statuses are returned.
  func sendPermitted(
    _ request: HTTPClient.Request, via egress: Egress, deadline: ContinuousClock.Instant
  ) async throws -> HTTPClient.Response {
    var request = request
    let left = deadline - .now
    guard left > .zero else { throw AttemptFailure(Self.deadlineExceeded, .video) }
    request.timeout = min(left, self.configuration.requestTimeout)
    request.connectTimeout = min(left, self.configuration.connectTimeout)
    request.proxy = egress.proxy
    request.identity = egress.identity.name
    request.usesFreshConnection = egress.isRotating
    let start = ContinuousClock.now
    let response: HTTPClient.Response
    do throws(HTTPClientError) {
      response = try await self.http.response(to: request)
    } catch {
      self.durations?.with(request.method.rawValue, "", error.code.description)
        .observe(.now - start)
      if error.code == .cancelled { throw CancellationError() }
      if error.code == .proxy { await self.pool.couldNotReach(egress.identity) }
      throw Self.failure(error, deadline: deadline)
    }
    self.durations?.with(request.method.rawValue, String(response.status), "")
      .observe(.now - start)
    await self.pool.reached(egress.identity)
    try await self.checkStatus(response, via: egress)
    return response
  }

  private static let deadlineExceeded = FetchError(
    .deadlineExceeded, "the time for this task was over before YouTube had answered")

  private static func failure(
    _ error: HTTPClientError, deadline: ContinuousClock.Instant
  ) -> AttemptFailure {
    switch error.code {
    case .timeout where deadline <= .now: AttemptFailure(Self.deadlineExceeded, .video)
    case .tooLarge: AttemptFailure(FetchError(.tooLarge, error.message), .video)
    case .overloaded:
      AttemptFailure(FetchError(.throttled, error.message, retryAfter: .seconds(1)), .video)
    case .invalidRequest, .misconfigured:
      AttemptFailure(FetchError(.misconfigured, error.message), .video)
    case .proxy: AttemptFailure(FetchError(.unreachable, error.message), .identity)
    default: AttemptFailure(FetchError(.unreachable, error.message), .video)
    }
  }

  /// Statuses that mean the same wherever they come from.
  private func checkStatus(_ response: HTTPClient.Response, via egress: Egress) async throws {
    let retryAfter = response[header: "retry-after"].flatMap(Self.seconds)
    switch response.status {
    case 429:
      await self.report(egress, .throttled(retryAfter: retryAfter))
      throw AttemptFailure(
        FetchError(
          .throttled, "YouTube answers 'too many requests' to this address", retryAfter: retryAfter),
        .identity)
    case 300..<400:
      let location = response[header: "location"] ?? ""
      if location.contains("/sorry/") {
        await self.report(egress, .blocked)
        throw AttemptFailure(WebPage.Kind.captcha.error, .identity)
      }
      if location.contains("consent.") { throw AttemptFailure(WebPage.Kind.consent.error, .client) }
      throw AttemptFailure(
        FetchError(
          .malformed, "YouTube redirects (HTTP \(response.status)) where it should answer"),
        .client)
    case 500...:
      throw AttemptFailure(
        FetchError(
          .unreachable, "YouTube has a problem of its own (HTTP \(response.status))",
          retryAfter: retryAfter), .video)
    default: return
    }
  }

  /// `Retry-After` in seconds; its date form is not used by YouTube. At most a day.
  private static func seconds(_ text: String) -> Duration? {
    guard let seconds = Int64(text), seconds >= 0 else { return nil }
    return .seconds(min(seconds, 86_400))
  }

  /// Tells the limiter what an identity met.
  func report(_ egress: Egress, _ outcome: EgressOutcome) async {
    // A rotating proxy's next exit is somebody else.
    if outcome == .blocked || (egress.isRotating && outcome != .ok) {
      await self.pool.dropVisitor(of: egress.identity)
    }
    guard await self.pool.isReportable(outcome, of: egress) else { return }
    do {
      try await self.limiter.report(egress.identity, outcome)
    } catch {
      // The limiter learns from the next report; what was fetched is not thrown away for it.
      self.logger.debug(
        "An egress outcome could not be reported",
        [.egress: egress.identity.name, .error: "\(error)"])
    }
  }

  // MARK: Guest sessions

  /// The visitor data of an identity, asked for when there is none. Nil: go without.
  func visitorData(
    via egress: Egress, as client: InnerTubeClient, deadline: ContinuousClock.Instant
  ) async throws -> String? {
    guard client.usesVisitorData else { return nil }
    switch try await self.pool.visitor(of: egress.identity) {
    case .known(let data): return data
    case .ask: break
    }
    do {
      let request = Requests.visitorData(as: client)
      let response = try await self.send(request, via: egress, deadline: deadline)
      let data = try? Reply.document(response.body, what: "the visitor data")
      let text = data.flatMap { JSONPlace($0.root)["responseContext"]["visitorData"].string }
      // An answer without it is not an error: requests are then made without.
      let usable = text.flatMap { Self.isPlain($0) ? $0 : nil }
      await self.pool.setVisitor(usable, of: egress.identity)
      return usable
    } catch {
      await self.pool.setVisitor(nil, of: egress.identity, isUnknown: true)
      throw error
    }
  }

  /// Fit for a header: YouTube's is base64url, percent-encoded.
  private static func isPlain(_ text: String) -> Bool {
    (1...1024).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
  }
}
