internal import API
internal import Protobuf

/// Messages that the tests' gateway answers with.
enum Samples {
  static func job(
    _ id: String = "j1", title: String = "Evening talks", state: GatewayJobState = .running,
    done: Int64 = 0, failed: Int64 = 0, skipped: Int64 = 0, cancelled: Int64 = 0,
    queued: Int64 = 0, indexing: Int64 = 0, listingComplete: Bool = true, statedTotal: Int64 = 0,
    error: String = ""
  ) -> GatewayJob {
    .with {
      $0.id = id
      $0.title = title
      $0.url = "https://www.youtube.com/playlist?list=PLsamples-talks"
      $0.sourceId = "PLsamples-talks"
      $0.state = state
      $0.counts = .with {
        $0.total = done + failed + skipped + cancelled + queued + indexing
        $0.done = done
        $0.failed = failed
        $0.skipped = skipped
        $0.cancelled = cancelled
        $0.queued = queued
        $0.indexing = indexing
      }
      $0.listingComplete = listingComplete
      $0.statedTotal = statedTotal
      $0.error = error
      $0.createdAt = .with { $0.seconds = TestClock.unixSeconds - 200 }
      if state != .running {
        $0.endedAt = .with {
          $0.seconds = TestClock.unixSeconds - 197
          $0.nanos = 500_000_000
        }
      }
    }
  }

  static func update(
    _ job: GatewayJob, rate: Double = 0, remaining: Double = 0
  ) -> GatewayWatchJobResponse {
    .with {
      $0.job = job
      $0.videosPerSecond = rate
      $0.remainingSeconds = remaining
    }
  }

  static let hit = APISearchHit.with {
    $0.video = .with {
      $0.id = "abcdefghijk"
      $0.title = "How galaxies form"
      $0.channelTitle = "Sample Channel"
      $0.durationMs = 3_723_000
    }
    $0.track = .with {
      $0.languageCode = "en"
      $0.kind = .automatic
    }
    $0.score = 1.5
    $0.moments = [
      .with {
        $0.startMs = 754_321
        $0.text = "and this is the milky way as we see it"
        $0.highlights = [
          .with {
            $0.start = 16
            $0.length = 5
          },
          .with {
            $0.start = 22
            $0.length = 3
          },
        ]
        $0.url = "https://youtu.be/abcdefghijk?t=754"
      },
      .with {
        $0.startMs = 8000
        $0.text = "milky way"
        $0.url = "https://youtu.be/abcdefghijk?t=8"
      },
    ]
  }

  static func results(_ hits: [APISearchHit], next: String = "", exact: Bool = true)
    -> GatewaySearchResponse
  {
    .with {
      $0.results = .with {
        $0.hits = hits
        $0.total = hits.isEmpty ? 0 : 120
        $0.totalIsExact = exact
        $0.nextPageToken = next
        $0.tookUs = 3200
      }
    }
  }
}
