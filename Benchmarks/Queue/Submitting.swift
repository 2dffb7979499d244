internal import Glibc
internal import Pipeline
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

  func latencies(count: Int, _ marks: Marks) async throws {
    var times: [Double] = []
    for number in 0..<count {
      try await Task.sleep(for: Self.pause * Double.random(in: 1...2), clock: .continuous)
      let start = Marks.now
      _ = try await self.queue.submit(.video(Marks.video(number)), options: JobOptions())
      // Looked at, not waited for: whoever is told would be told later.
      while marks[number] == 0 { usleep(50) }
      times.append(marks[number] - start)
    }
    times.sort()
    func milliseconds(_ part: Double) -> Double {
      let index = min(times.count - 1, Int(Double(times.count) * part))
      return (times[index] * 1e5).rounded() / 100
    }
    print(
      "{\"p50_ms\": \(milliseconds(0.5)), \"p90_ms\": \(milliseconds(0.9)), \"p99_ms\": \(milliseconds(0.99)), \"max_ms\": \(milliseconds(1))}"
    )
  }
}
