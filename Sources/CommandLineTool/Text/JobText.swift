internal import API
internal import Protobuf

/// Parts of a job in words.
enum JobText {
  /// What a person calls it. Not yet harmless: see ``SafeText``.
  static func name(_ job: GatewayJob) -> String {
    job.title.isEmpty ? (job.url.isEmpty ? job.sourceId : job.url) : job.title
  }

  static func state(_ job: GatewayJob) -> String {
    switch job.state {
    case .running: job.paused ? "paused" : job.listingComplete ? "running" : "listing"
    case .done: "done"
    case .cancelled: "cancelled"
    case .failed: "failed"
    case .unspecified, .unrecognized: "unknown"
    }
  }

  /// How many videos there are; `1000+` while more may come.
  static func total(_ job: GatewayJob) -> String {
    let known = job.counts?.total ?? 0
    if job.listingComplete || job.state != .running { return "\(known)" }
    return job.statedTotal > known ? "\(job.statedTotal)" : "\(known)+"
  }

  static func state(_ state: GatewayVideoState) -> String {
    switch state {
    case .queued: "queued"
    case .fetching: "fetching"
    case .indexing: "indexing"
    case .done: "done"
    case .failed: "failed"
    case .skipped: "skipped"
    case .cancelled: "cancelled"
    case .unspecified, .unrecognized: "unknown"
    }
  }

  /// All that is not zero: `812 done, 6 failed`.
  static func counts(_ counts: GatewayJobCounts) -> String {
    let all: [(Int64, String)] = [
      (counts.done, "done"), (counts.skipped, "skipped"), (counts.failed, "failed"),
      (counts.cancelled, "cancelled"), (counts.indexing, "indexing"), (counts.fetching, "fetching"),
      (counts.queued, "queued"),
    ]
    let parts = all.filter { $0.0 != 0 }.map { "\($0.0) \($0.1)" }
    return parts.isEmpty ? "none yet" : parts.joined(separator: ", ")
  }
}

extension GatewayJobCounts {
  // Wrapping: a peer's numbers must not end the process.

  /// Videos that nothing more happens to.
  var ended: Int64 { self.done &+ self.failed &+ self.skipped &+ self.cancelled }
  /// Videos that a search finds.
  var searchable: Int64 { self.done &+ self.skipped }
}

extension GatewayJob {
  var hasEnded: Bool {
    switch self.state {
    case .done, .cancelled, .failed: true
    case .running, .unspecified, .unrecognized: false
    }
  }

  /// How long it ran; nil while it does.
  var duration: Duration? {
    guard let from = self.createdAt, let to = self.endedAt else { return nil }
    return .seconds(to.seconds) + .nanoseconds(to.nanos) - .seconds(from.seconds)
      - .nanoseconds(from.nanos)
  }
}
