public import Pipeline
internal import RedisClient

extension RedisQueue: PipelineInspection {
  public func stats() async throws -> PipelineStats {
    let numbers = try await self.statistics()
    func number(_ name: String) -> Int { numbers[name] ?? 0 }
    var stats = PipelineStats()
    stats.isPaused = number("paused") == 1
    stats.runningJobs = number("jobs_running")
    stats.waitingJobs = number("jobs_waiting")
    stats.backlog = number("backlog")
    stats.delayed = number("delayed")
    stats.deadLetters = number("dead_entries")
    stats.heldVideos = number("held")
    stats.heldBytes = number("bytes")
    stats.staleResults = number("stale")
    stats.repairs = number("repairs")
    for stage in WorkStage.allCases {
      var one = StageStats()
      one.inWork = number("\(stage.rawValue)_pending")
      one.waiting = max(0, number("\(stage.rawValue)_entries") - one.inWork)
      one.oldest = .milliseconds(number("\(stage.rawValue)_oldest_ms"))
      one.reclaimed = number("reclaimed_\(stage.rawValue)")
      stats.stages[stage] = one
    }
    return stats
  }

  public func egressLimits() async throws -> [EgressLimit] {
    let reply = try await self.call(self.function("identities")).array ?? []
    return reply.compactMap { EgressLimit($0) }.sorted { $0.identity < $1.identity }
  }

  /// All jobs are looked at one by one, each in one step; a job of 100,000 videos holds Redis up for a moment.
  public func audit(_ job: JobID?) async throws -> AuditReport? {
    guard let job else {
      var report = AuditReport()
      var pageToken: String?
      repeat {
        let page = try await self.jobs(pageSize: Self.maxPageSize, pageToken: pageToken)
        for job in page.elements where job.state == .running {
          report.add(try await self.repairs(job.id.text))
          report.jobs += 1
        }
        pageToken = page.nextPageToken
      } while pageToken != nil
      // Last: what it counts is what the jobs have now.
      report.add(try await self.repairs(""))
      return report
    }
    guard let found = try await self.job(job) else { return nil }
    var report = AuditReport(jobs: found.state == .running ? 1 : 0)
    report.add(try await self.repairs(job.text))
    return report
  }

  private func repairs(_ job: String) async throws -> [String: Int] {
    var command = self.function("audit")
    command.append(job)
    return Self.numbers(try await self.call(command))
  }

  /// Understands name and number in turn.
  static func numbers(_ reply: RedisValue) -> [String: Int] {
    let flat = reply.array ?? []
    var result: [String: Int] = [:]
    for index in stride(from: 0, to: flat.count - 1, by: 2) {
      guard let name = flat[index].text, let value = flat[index + 1].integer else { continue }
      result[name] = value
    }
    return result
  }
}

extension AuditReport {
  fileprivate mutating func add(_ repairs: [String: Int]) {
    self.repairs.merge(repairs, uniquingKeysWith: +)
  }
}

extension EgressLimit {
  /// Reads one element of the function's answer; nil: it is not of our shape.
  init?(_ reply: RedisValue) {
    guard let values = reply.array, values.count == 5, let identity = values[0].text,
      let openFor = values[2].integer, let rate = values[3].text.flatMap({ Double($0) }),
      let lastHour = values[4].integer
    else { return nil }
    let state: State =
      switch values[1].text {
      case "O": .open
      case "H": .halfOpen
      default: .closed
      }
    self.init(
      identity: identity, state: state, openFor: state == .open ? .milliseconds(openFor) : .zero,
      rate: rate, lastHour: lastHour)
  }
}
