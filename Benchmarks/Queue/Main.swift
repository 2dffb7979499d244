internal import FetchStage
internal import Glibc
internal import IndexStage
internal import Pipeline
internal import RedisClient
internal import RedisQueue
internal import Transcripts

/// The pipeline with stages that do nothing, each a process of its own; `compare` beside this file starts and measures them.
///
///     queue-benchmark fetch PORT MARKS COUNT BYTES      takes videos, hands over payloads of BYTES
///     queue-benchmark index PORT MARKS COUNT            takes payloads, marks the time at which each is done
///     queue-benchmark submit PORT FIRST END             submits a playlist of these videos, prints its job
///     queue-benchmark latency PORT MARKS COUNT          submits one video after another, prints the times to done
///
/// The workers are those of `transcript-fetcher` and `indexer`, without YouTube and without an index. MARKS is a file
/// that all of them map.
@main
struct Main {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 4, let port = UInt16(arguments[2]) else { Self.usage() }
    func number(_ index: Int) -> Int {
      guard arguments.count > index, let number = Int(arguments[index]) else { Self.usage() }
      return number
    }
    let queue = try RedisQueue(
      RedisConfiguration(host: "127.0.0.1", port: port), consumer: arguments[1])
    switch arguments[1] {
    case "fetch":
      let payload = [UInt8](repeating: 0x61, count: number(5))
      var options = FetchWorkerOptions()
      options.maxConcurrentFetches = 1000
      let worker = FetchWorker(
        queue: queue, source: NoSource(),
        encode: { transcripts in
          // The video's own name, so that the other side knows it; the rest is freight.
          var bytes = payload
          bytes.replaceSubrange(0..<11, with: transcripts[0].video.id.text.utf8)
          return bytes
        }, options: options)
      await worker.run()
    case "index":
      let worker = IndexWorker(
        queue: queue, index: MarkingIndex(try Marks(arguments[3], count: number(4))),
        decode: { bytes in
          guard let id = VideoID(String(decoding: bytes.prefix(11), as: UTF8.self)) else {
            throw UsageError("a payload without a video")
          }
          return [NoSource.transcript(of: id)]
        })
      await worker.run()
    case "submit": try await Submitting(queue).run(number(3)..<number(4))
    case "latency":
      try await Submitting(queue).latencies(
        count: number(4), Marks(arguments[3], count: number(4)), port)
    default: Self.usage()
    }
    await queue.close()
  }

  private static func usage() -> Never {
    print(
      "usage: queue-benchmark fetch|index|submit|latency PORT ...; Benchmarks/Queue/compare starts it"
    )
    exit(64)
  }
}

struct UsageError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// A source whose videos say nothing.
struct NoSource: TranscriptSource {
  static func transcript(of video: VideoID) -> Transcript {
    Transcript(
      video: Video(id: video), track: CaptionTrack(languageCode: "en", name: "", kind: .manual),
      segments: [], fetchedMilliseconds: 0)
  }

  func transcripts(
    of video: VideoID, languages: LanguagePreference, deadline: ContinuousClock.Instant
  ) async throws -> [Transcript] { [Self.transcript(of: video)] }

  func playlistPage(
    of source: SourceID, cursor: String?, deadline: ContinuousClock.Instant
  ) async throws -> PlaylistPage { throw FetchError(.notFound, "There are no playlists here.") }
}
