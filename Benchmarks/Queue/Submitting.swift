internal import Glibc
internal import Pipeline
internal import RedisClient
internal import RedisQueue
internal import Transcripts

/// What the gateway does.
struct Submitting {
  /// Videos in one page of a playlist.
  static let pageSize = 1000
  /// Between two submissions, more or less: the pipeline has come to rest.
  static let pause = Duration.milliseconds(20)

  let queue: RedisQueue

  init(_ queue: RedisQueue) { self.queue = queue }

  func run(_ videos: Range<Int>) async throws {
    let source = SourceID.playlist("PLbench-\(UInt32.random(in: .min ... .max))")
    let (job, _) = try await self.queue.submit(source, options: JobOptions())
    guard let task = try await self.queue.takeExpansions(atMost: 1, wait: .seconds(5)).first else {
      throw UsageError("there is no listing to do")
    }
    var next = videos.lowerBound
    repeat {
      let page = (next..<min(videos.upperBound, next + Self.pageSize)).map {
        PlaylistItem(video: Video(id: Marks.video($0)))
      }
      next += page.count
      _ = try await self.queue.append(
        PlaylistPage(items: page, cursor: next < videos.upperBound ? String(next) : nil), to: task)
    } while next < videos.upperBound
    print(job.id)
  }

  /// One half of the videos, one after another, through a pipeline at rest; with the other half, how much later than the work is
  /// done a watcher of the job is told of its end. Then what one round trip costs at rest, of which a video needs five in turn.
  func latencies(count: Int, _ marks: Marks, _ port: UInt16) async throws {
    var times: [Double] = []
    var told: [Double] = []
    for number in 0..<(count / 2) {
      try await self.rest()
      let start = Marks.now
      _ = try await self.queue.submit(.video(Marks.video(number)), options: JobOptions())
      // Looked at, not waited for: whoever is told would be told later.
      while marks[number] == 0 { usleep(50) }
      times.append(marks[number] - start)
    }
    for number in (count / 2)..<count {
      try await self.rest()
      let (job, _) = try await self.queue.submit(.video(Marks.video(number)), options: JobOptions())
      for try await _ in self.queue.changes(of: job.id) {}
      told.append(Marks.now - marks[number])
    }
    let client = RedisClient(RedisConfiguration(host: "127.0.0.1", port: port))
    var trips: [Double] = []
    for _ in 0..<(count / 2) {
      try await self.rest()
      let start = Marks.now
      _ = try await client.send(RedisCommand("PING"))
      trips.append(Marks.now - start)
    }
    await client.close()
    print(
      "{\(Self.figures(times, "")), \(Self.figures(told, "told_")), \(Self.figures(trips, "ping_"))}"
    )
  }

  private func rest() async throws {
    try await Task.sleep(for: Self.pause * Double.random(in: 1...2), clock: .continuous)
  }

  /// Members of an object of JSON, in milliseconds.
  private static func figures(_ times: [Double], _ prefix: String) -> String {
    let times = times.sorted()
    func milliseconds(_ part: Double) -> Double {
      let index = min(times.count - 1, Int(Double(times.count) * part))
      return (times[index] * 1e5).rounded() / 100
    }
    return [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1)]
      .map { "\"\(prefix)\($0)_ms\": \(milliseconds($1))" }.joined(separator: ", ")
  }
}
