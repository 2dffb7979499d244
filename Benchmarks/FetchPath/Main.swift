internal import Glibc
internal import HTTPClient
internal import Networking
internal import Transcripts
internal import YouTubeSource

/// Measures the fetch path alone: lists a playlist of the simulator, then fetches all its transcripts at once.
///
///     fetch-benchmark --connect-to 127.0.0.1:7427 --ca ca.pem [--videos 1000] [--rounds 2]
///     fetch-benchmark --proxy http://user:pw@127.0.0.1:7428 --ca ca.pem
///     fetch-benchmark --http1 yes …
///     fetch-benchmark --same URL --connect-to 127.0.0.1:7427 --ca ca.pem [--count 60000] [--at-once 300]
///     fetch-benchmark --parse FILE
///
/// `--same` gets one address again and again, and compares every body with the first: none may lose a byte. `--parse`
/// reads a json3 track again and again, and prints the least and the median time of a run.
///
/// Prints one line for each round: wall time, processor time of this process, its resident set. `run` beside this
/// file starts the simulator and adds the simulator's own processor time.
@main
struct Main {
  static func main() async throws {
    let options = Options(CommandLine.arguments)
    if let file = options["--parse"] { return try Self.parse(file) }
    var configuration = YouTubeConfiguration()
    if let proxy = options["--proxy"] {
      configuration.proxies = try EgressProxy.list(parsing: "bench=\(proxy)")
    } else {
      configuration.connectTo = ["::\(options["--connect-to"] ?? "127.0.0.1:7427")"]
    }
    configuration.caFile = options["--ca"]
    configuration.maxTransfers = Int(options["--transfers"] ?? "") ?? 1024
    let videos = Int(options["--videos"] ?? "") ?? 1000
    var http = configuration.httpOptions
    http.allowsHTTP2 = options["--http1"] == nil
    let client = try await HTTPClient(options: http)
    if let url = options["--same"] {
      let count = Int(options["--count"] ?? "") ?? 60_000
      try await Self.get(url, count, atOnce: Int(options["--at-once"] ?? "") ?? 300, client)
      return await client.close()
    }
    let source = YouTubeSource(
      configuration: configuration, http: client, limiter: NoLimiter())
    let playlist = try SourceID(parsing: "PLsim-\(videos)")

    if options["--ids"] != nil {
      for id in try await Self.list(playlist, from: source) { print(id) }
      return await client.close()
    }
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
          + "resident \(after.maxResidentMegabytes) MB at most, "
          + "\(Double(ids.count) / wall.seconds) videos/s, "
          + "\(Double(ids.count) / (after.seconds - before.seconds)) per second of processor")
    }
    await client.close()
  }

  @NetworkActor
  private static func get(
    _ url: String, _ count: Int, atOnce: Int, _ client: HTTPClient
  ) async throws {
    let first = try await client.response(to: .init(url: url)).body
    let (start, before) = (ContinuousClock.now, Usage.now())
    var (different, failed) = (0, 0)
    await withTaskGroup(of: (different: Int, failed: Int).self) { group in
      for number in 0..<atOnce {
        let share = count / atOnce + (number < count % atOnce ? 1 : 0)
        group.addTask { await Self.get(url, share, expecting: first, client) }
      }
      for await result in group {
        different += result.different
        failed += result.failed
      }
    }
    let after = Usage.now()
    print(
      "\(count) bodies of \(first.count) bytes, \(atOnce) at once: \(different) differ, \(failed) failed; "
        + "wall \((.now - start).seconds) s, processor \(after.seconds - before.seconds) s, "
        + "resident \(after.maxResidentMegabytes) MB at most")
  }

  @NetworkActor
  private static func get(
    _ url: String, _ count: Int, expecting first: [UInt8], _ client: HTTPClient
  ) async -> (different: Int, failed: Int) {
    var (different, failed) = (0, 0)
    for _ in 0..<count {
      do throws(HTTPClientError) {
        if try await client.response(to: .init(url: url)).body != first { different += 1 }
      } catch {
        print(error)
        failed += 1
      }
    }
    return (different, failed)
  }

  private static func parse(_ path: String) throws {
    guard let file = fopen(path, "rb") else { throw UnreadableFile("\(path) cannot be read") }
    defer { fclose(file) }
    var body = [UInt8](repeating: 0, count: CaptionParser.maxBodyBytes)
    body.removeSubrange(fread(&body, 1, body.count, file)...)
    var times: [Duration] = []
    var segments = 0
    for _ in 0..<50 {
      let start = ContinuousClock.now
      segments = try CaptionParser.segments(of: body, format: .json3).count
      times.append(.now - start)
    }
    times.sort()
    print(
      "\(body.count) bytes, \(segments) segments: \(times[0].seconds) s at least, "
        + "median \(times[times.count / 2].seconds) s")
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

private struct UnreadableFile: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
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
