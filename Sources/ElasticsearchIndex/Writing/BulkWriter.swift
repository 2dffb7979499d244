internal import JSON
internal import Search
internal import Telemetry

/// Sends operations by `_bulk`: together with those of other callers, as many as the bounds allow.
///
/// There is no task of its own: whoever finds a free slot sends for all that wait, and the others wait for their
/// outcomes. An overloaded cluster gets fewer requests at once, one more after each that succeeds.
actor BulkWriter {
  private let client: ClusterClient
  private let configuration: ElasticsearchConfiguration
  private let logger: Logger
  private var queue: [Entry] = []
  private var queueHead = 0
  private var queuedBytes = 0
  private var running = 0
  private var slots: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ client: ClusterClient, _ configuration: ElasticsearchConfiguration, logger: Logger) {
    self.client = client
    self.configuration = configuration
    self.logger = logger
    self.slots = configuration.maxBulkRequests
  }

  /// - Returns: One outcome for each item, in order.
  /// - Throws: ``SearchError`` when the cluster could not be brought to say something about each; `CancellationError`.
  ///   Some may have been written.
  func write(
    _ items: [BulkItem], deadline: ContinuousClock.Instant
  ) async throws -> [BulkOutcome] {
    let ticket = Ticket(count: items.count)
    for (index, item) in items.enumerated() {
      self.queue.append(Entry(item: item, ticket: ticket, index: index))
      self.queuedBytes += item.size
    }
    while !ticket.isFinished {
      guard self.running < self.slots, self.queue.count > self.queueHead else {
        await withCheckedContinuation { self.waiting.append($0) }
        continue
      }
      self.running += 1
      await self.lead(ticket, deadline: deadline)
      self.running -= 1
      self.wake()
    }
    return try ticket.outcomes()
  }

  // MARK: Batches

  private struct Entry {
    let item: BulkItem
    let ticket: Ticket
    let index: Int
  }

  /// One call of ``write(_:deadline:)``. Touched on the actor only.
  private final class Ticket {
    private var found: [BulkOutcome?]
    private var left: Int
    var failure: (any Error)?

    init(count: Int) {
      self.found = Array(repeating: nil, count: count)
      self.left = count
    }

    var isFinished: Bool { self.left == 0 || self.failure != nil }

    func set(_ outcome: BulkOutcome, at index: Int) {
      if self.found[index] == nil { self.left -= 1 }
      self.found[index] = outcome
    }

    func outcomes() throws -> [BulkOutcome] {
      if let failure { throw failure }
      return self.found.compactMap { $0 }
    }
  }

  private func lead(_ ticket: Ticket, deadline: ContinuousClock.Instant) async {
    if self.configuration.linger > .zero, self.queuedBytes < self.configuration.maxBulkBytes,
      self.queue.count - self.queueHead < self.configuration.maxBulkDocuments
    {
      // Cancelled, it only ends sooner.
      try? await ContinuousClock().sleep(for: self.configuration.linger)
    }
    let batch = self.takeBatch()
    guard !batch.isEmpty else { return }
    do {
      try await self.send(batch, deadline: deadline)
    } catch is CancellationError {
      // Only this caller has given up: the others' operations go on.
      ticket.failure = CancellationError()
      let others = batch.filter { $0.ticket !== ticket }
      self.queue.append(contentsOf: others)
      self.queuedBytes += others.reduce(0) { $0 + $1.item.size }
    } catch {
      for entry in batch { entry.ticket.failure = error }
    }
  }

  private func takeBatch() -> [Entry] {
    var batch: [Entry] = []
    var bytes = 0
    while self.queueHead < self.queue.count, batch.count < self.configuration.maxBulkDocuments {
      let entry = self.queue[self.queueHead]
      let size = entry.item.size
      if !batch.isEmpty, bytes + size > self.configuration.maxBulkBytes { break }
      self.queueHead += 1
      self.queuedBytes -= size
      // Its caller has been told that it failed, and will come again.
      guard entry.ticket.failure == nil else { continue }
      bytes += size
      batch.append(entry)
    }
    if self.queueHead == self.queue.count {
      self.queue.removeAll(keepingCapacity: true)
      self.queueHead = 0
    }
    return batch
  }

  private func wake() {
    let waiting = self.waiting
    self.waiting = []
    for continuation in waiting { continuation.resume() }
  }

  // MARK: Requests

  /// Sends until each operation has an outcome.
  private func send(_ batch: [Entry], deadline: ContinuousClock.Instant) async throws {
    var pending = batch
    var delay = self.configuration.minRetryDelay
    var known: Overload?
    while true {
      var retried: [Entry] = []
      var overload: Overload?
      var parts = [pending]
      while let part = parts.popLast() {
        switch try await self.request(part, deadline: deadline, known) {
        case .answered(let again):
          retried += again.entries
          overload = again.overload ?? overload
        case .overloaded(let why):
          retried += part
          overload = why
        case .tooLarge(let answer):
          guard part.count > 1 else {
            part[0].ticket.set(
              .rejected(
                "The search cluster takes no document of \(part[0].item.body.count) bytes (\(answer))."
              ),
              at: part[0].index)
            continue
          }
          parts += Self.halves(part)
        case .refused(let reason):
          // One operation makes the server refuse all of them: it is found by halving.
          guard part.count > 1 else {
            part[0].ticket.set(.rejected(reason), at: part[0].index)
            continue
          }
          parts += Self.halves(part)
        }
      }
      guard !retried.isEmpty, let overload else {
        self.slots = min(self.slots + 1, self.configuration.maxBulkRequests)
        return
      }
      self.slots = max(1, self.slots / 2)
      var wait = delay * Double.random(in: 0.5...1)
      if let asked = overload.retryAfter { wait = max(wait, asked) }
      guard .now + wait < deadline else { throw overload.error }
      known = overload
      self.logger.debug(
        "The search cluster is overloaded; operations are sent again.",
        [.count: String(retried.count), .reason: overload.error.message])
      delay = min(delay * 2, self.configuration.maxRetryDelay)
      try await ContinuousClock().sleep(for: wait)
      pending = retried
    }
  }

  private static func halves(_ part: [Entry]) -> [[Entry]] {
    let middle = part.count / 2
    return [Array(part[middle...]), Array(part[..<middle])]
  }

  private struct Overload {
    var error: SearchError
    var retryAfter: Duration?
  }

  private enum RequestResult {
    case answered((entries: [Entry], overload: Overload?))
    case overloaded(Overload)
    case tooLarge(String)
    case refused(String)
  }

  /// Only what is looked at: a successful item alone would be 200 bytes.
  private static let path =
    "/_bulk?filter_path=took,errors,items.*._id,items.*.status,items.*.error.type,"
    + "items.*.error.reason,items.*.error.caused_by.reason,error,status"

  /// - Parameter known: Why it has to be sent again: says more than that the time is over.
  private func request(
    _ part: [Entry], deadline: ContinuousClock.Instant, _ known: Overload?
  ) async throws -> RequestResult {
    let answer: ClusterAnswer
    do {
      answer = try await self.client.send(
        ClusterCall(
          method: .post, path: Self.path, body: Self.body(part), content: .lines,
          timeout: self.configuration.bulkTimeout, deadline: deadline,
          isCompressed: self.configuration.compressesRequests, returnsOverload: true))
    } catch let error as SearchError {
      throw error.code == .timedOut ? known?.error ?? error : error
    }
    switch answer.status {
    case 200: return .answered(try self.read(answer, part))
    case 413: return .tooLarge("HTTP 413")
    case 429, 503:
      return .overloaded(
        Overload(error: answer.error("a bulk request"), retryAfter: answer.retryAfter))
    case 400 where answer.errorType != "index_closed_exception":
      return .refused(answer.error("a bulk request").message)
    default: throw answer.error("a bulk request (_bulk)")
    }
  }

  private static func body(_ part: [Entry]) -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: part.reduce(0) { $0 + $1.item.size })
    for entry in part { entry.item.append(to: &writer) }
    return writer.bytes
  }

  /// Gives out outcomes.
  ///
  /// - Returns: The operations that have to be sent again, and why.
  private func read(
    _ answer: ClusterAnswer, _ part: [Entry]
  ) throws -> (entries: [Entry], overload: Overload?) {
    let root = try answer.json()
    let items = root["items"]
    // In the order sent; without one for each, nothing can be said of any.
    guard let items, items.count == part.count else {
      throw SearchError(
        .unavailable,
        "\(answer.host) answered a bulk request of \(part.count) operations with \(items?.count ?? 0) outcomes."
      )
    }
    var again: (entries: [Entry], overload: Overload?) = ([], nil)
    for (entry, item) in zip(part, items.elements) {
      // `{"index": {…}}`: one member, named after the operation.
      guard let (operation, result) = item.members.map({ ($0.name, $0.value) }).first else {
        throw SearchError(.unavailable, "\(answer.host) answered an operation with nothing.")
      }
      let status = result["status"]?.int ?? 0
      let type = result["error"]?["type"]?.string ?? ""
      switch status {
      case 200, 201: entry.ticket.set(.written, at: entry.index)
      case 409: entry.ticket.set(.conflict, at: entry.index)
      case 404 where operation == "delete" && type.isEmpty:
        entry.ticket.set(.missing, at: entry.index)
      case 404: entry.ticket.set(.noIndex, at: entry.index)
      case 400 where type != "index_closed_exception":
        entry.ticket.set(.rejected(Self.reason(type, result["error"])), at: entry.index)
      case 429, 500...599:
        again.entries.append(entry)
        again.overload = Overload(
          error: Self.fault(status, type, result["error"], answer), retryAfter: nil)
      default: throw Self.fault(status, type, result["error"], answer)
      }
    }
    return again
  }

  private static func reason(_ type: String, _ error: JSONValue?) -> String {
    let parts = [
      type, error?["reason"]?.string ?? "", error?["caused_by"]?["reason"]?.string ?? "",
    ]
    return "The search cluster refused the document: "
      + parts.filter { !$0.isEmpty }.map { String($0.prefix(ClusterAnswer.maxReason)) }
      .joined(separator: ": ")
  }

  /// What a fault of the set-up or the cluster, told of one operation, means.
  private static func fault(
    _ status: Int, _ type: String, _ error: JSONValue?, _ answer: ClusterAnswer
  ) -> SearchError {
    var writer = JSONWriter()
    writer.object { writer in
      writer.key("error")
      writer.object { writer in
        writer.member("type", type)
        writer.member("reason", error?["reason"]?.string ?? "")
      }
    }
    return ClusterAnswer(status: status, body: writer.bytes, host: answer.host)
      .error("the writing of a document")
  }
}
