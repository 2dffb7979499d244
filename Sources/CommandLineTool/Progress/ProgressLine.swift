internal import API

/// How far a job is, in one line.
enum ProgressLine {
  private static let minBarColumns = 6
  private static let maxBarColumns = 24
  private static let minTitleColumns = 12
  private static let maxTitleColumns = 32
  private static let gap = "  "

  private struct Part {
    var text: String
    var isRed = false
    var width: Int { DisplayWidth.of(self.text) }
  }

  /// For a terminal: never wider than `width` less one column, since a full line moves some terminals to the next.
  ///
  /// Where it is narrow, what matters less is left out: first the title, then skipped, rate, what is left, failed.
  static func bar(_ update: GatewayWatchJobResponse, width: Int, style: TextStyle) -> String {
    let job = update.job ?? GatewayJob()
    let counts = job.counts ?? GatewayJobCounts()
    let budget = max(20, width - 1)
    var taken = Self.minBarColumns + 2
    func fits(_ part: Part?) -> Part? {
      guard let part, taken + Self.gap.count + part.width <= budget else { return nil }
      taken += Self.gap.count + part.width
      return part
    }
    // In order of importance; what is shown has an order of its own.
    let count = fits(Part(text: "\(counts.ended)/\(JobText.total(job))"))
    let failed = fits(counts.failed > 0 ? Part(text: "\(counts.failed) failed", isRed: true) : nil)
    let state = fits(Self.remaining(update, job))
    let rate = fits(
      job.hasEnded || update.videosPerSecond <= 0
        ? nil : Part(text: NumberText.rate(update.videosPerSecond) + "/s"))
    let skipped = fits(counts.skipped > 0 ? Part(text: "\(counts.skipped) skipped") : nil)
    var title = ""
    let free = budget - taken - Self.gap.count
    if free >= Self.minTitleColumns {
      title = DisplayWidth.truncated(
        SafeText.line(JobText.name(job)), to: min(free, Self.maxTitleColumns),
        ellipsis: style.ellipsis)
      taken += DisplayWidth.of(title) + Self.gap.count
    }
    let barColumns = min(Self.maxBarColumns, Self.minBarColumns + budget - taken)
    let bar = Self.bar(counts, of: job, columns: barColumns, style: style)
    let parts = [count, failed, skipped, rate, state].compactMap { $0 }
      .map { $0.isRed ? style.red($0.text) : $0.text }
    return ([title, bar] + parts).filter { !$0.isEmpty }.joined(separator: Self.gap)
  }

  /// For a log: a sentence with the job's id first.
  static func sentence(_ update: GatewayWatchJobResponse) -> String {
    let job = update.job ?? GatewayJob()
    let counts = job.counts ?? GatewayJobCounts()
    var parts = ["\(counts.ended)/\(JobText.total(job))"]
    if counts.failed > 0 { parts.append("\(counts.failed) failed") }
    if counts.skipped > 0 { parts.append("\(counts.skipped) skipped") }
    if job.hasEnded {
      parts.append(JobText.state(job))
    } else {
      if update.videosPerSecond > 0 {
        parts.append(NumberText.rate(update.videosPerSecond) + "/s")
      }
      if !job.listingComplete { parts.append("listing") }
      if update.remainingSeconds > 0 {
        parts.append(TimeText.clock(seconds: update.remainingSeconds) + " left")
      }
    }
    return SafeText.line("\(job.id) \(JobText.name(job)): " + parts.joined(separator: ", "))
  }

  private static func remaining(_ update: GatewayWatchJobResponse, _ job: GatewayJob) -> Part? {
    if job.hasEnded { return Part(text: JobText.state(job), isRed: job.state != .done) }
    if update.remainingSeconds > 0 {
      return Part(text: "ETA " + TimeText.clock(seconds: update.remainingSeconds))
    }
    return job.listingComplete ? nil : Part(text: "listing")
  }

  /// `▕█████▌    ▏`, or `[####    ]` where that cannot be shown; two columns more than `columns`.
  private static func bar(
    _ counts: GatewayJobCounts, of job: GatewayJob, columns: Int, style: TextStyle
  ) -> String {
    let total = max(counts.total, job.listingComplete ? 0 : job.statedTotal)
    var share = total > 0 ? min(1, max(0, Double(counts.ended) / Double(total))) : 0
    if job.state == .done { share = 1 }
    guard style.hasUnicode else {
      let filled = Int(share * Double(columns))
      return "[" + String(repeating: "#", count: filled)
        + String(repeating: " ", count: columns - filled) + "]"
    }
    let eighths = Int(share * Double(columns * 8))
    let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
    let filled = String(repeating: "█", count: eighths / 8) + partial
    return "▕" + DisplayWidth.padded(filled, to: columns) + "▏"
  }
}
