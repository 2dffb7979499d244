internal import Glibc
internal import HTTPClient
internal import Networking
internal import Transcripts
internal import YouTubeSource

/// Measures the fetch path alone: lists a playlist of the simulator, then fetches all its transcripts at once.
///
///     fetch-benchmark --connect-to 127.0.0.1:7427 --ca ca.pem [--videos 1000] [--rounds 2] [--http1]
///
/// Prints one line for each round: wall time, processor time of this process, its resident set. `run` beside this
/// file starts the simulator and adds the simulator's own processor time.
@main
struct Main {
  static func main() async throws {
    let options = Options(CommandLine.arguments)
    var configuration = YouTubeConfiguration()
    configuration.connectTo = ["::\(options["--connect-to"] ?? "127.0.0.1:7427")"]
    configuration.caFile = options["--ca"]
    configuration.maxTransfers = Int(options["--transfers"] ?? "") ?? 1024
    let videos = Int(options["--videos"] ?? "") ?? 1000
    let client = try await HTTPClient(options: configuration.httpOptions)
    let source = YouTubeSource(
      configuration: configuration, http: client, limiter: NoLimiter())
    let playlist = try SourceID(parsing: "PLsim-\(videos)")

    for round in 1...(Int(options["--rounds"] ?? "") ?? 2) {
      let ids = try await Self.list(playlist, from: source)
      let start = ContinuousClock.now
      let before = Usage.now()
      let (segments, failures) = await Self.fetch(ids, from: source)
      let wall = ContinuousClock.now - start
      let after = Usage.now()
      print(
        "round \(round): \(ids.count) videos, \(failures) failed, \(segments) segments; "
          + "wall \(wall.seconds) s, processor \(after.seconds - before.seconds) s, "
          + "resident \(after.maxResidentMegabytes) MB at most")
    }
    await client.close()
  }

  private static func list(_ playlist: SourceID, from source: YouTubeSource) async throws
    -> [VideoID]
  {
    var ids: [VideoID] = []
    var cursor: String?
    repeat {
      let page = try await source.playlistPage(
        of: playlist, cursor: cursor, deadline: .now + .seconds(60))
      ids += page.items.map(\.video.id)
      cursor = page.cursor
    } while cursor != nil
    return ids
  }

  private static func fetch(
    _ ids: [VideoID], from source: YouTubeSource
  ) async -> (segments: Int, failures: Int) {
    await withTaskGroup(of: Int?.self) { group in
      for id in ids {
        group.addTask { await Self.segmentCount(id, from: source) }
      }
      var total = (segments: 0, failures: 0)
      for await count in group {
        if let count { total.segments += count } else { total.failures += 1 }
      }
      return total
    }
  }

  /// As a stage does it: on the network thread. Nil: failed, and said so.
  @NetworkActor
  private static func segmentCount(_ id: VideoID, from source: YouTubeSource) async -> Int? {
    do {
      let transcript = try await source.transcript(
        of: id, languages: LanguagePreference(), deadline: .now + .seconds(120))
      return transcript.segments.count
    } catch {
      print("\(id): \(error)")
      return nil
    }
  }
}

/// `--name value` pairs.
private struct Options {
  private var values: [String: String] = [:]

  init(_ arguments: [String]) {
    var rest = arguments.dropFirst()
    while let name = rest.popFirst(), let value = rest.popFirst() { self.values[name] = value }
  }

  subscript(name: String) -> String? { self.values[name] }
}

/// Lets everything pass: the benchmark measures the way, not the rules.
private struct NoLimiter: EgressLimiter {
  func permit(_ identity: EgressIdentity, weight: Int, count: Int) async throws -> Duration {
    .zero
  }
  func report(_ identity: EgressIdentity, _ outcome: EgressOutcome) async throws {}
}

/// What the process has used so far.
private struct Usage {
  var seconds: Double
  var maxResidentMegabytes: Int

  static func now() -> Usage {
    var usage = rusage()
    _ = getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return Usage(
      seconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
      maxResidentMegabytes: usage.ru_maxrss / 1024)
  }
}

extension Duration {
  fileprivate var seconds: Double { self / .seconds(1) }
}
