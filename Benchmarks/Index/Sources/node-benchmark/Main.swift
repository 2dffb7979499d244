internal import Foundation
internal import HTTPClient
internal import Kit

/// Measures the index on a search server beside a raw loader and raw searches.
///
///     node-benchmark URL [VIDEOS] [ROUNDS] [BATCH] [STREAMS]
///
/// In each round VIDEOS (2,000) go in by BATCH (100) and STREAMS (2) at a time, in turn by each of the ways; the last
/// round's are searched. Everything that it makes begins with `verbatim-benchmark-` and is removed at the end.
@main
struct Main {
  static func main() async throws {
    let arguments = CommandLine.arguments
    func number(_ position: Int, _ otherwise: Int) -> Int {
      arguments.count > position ? max(1, Int(arguments[position]) ?? otherwise) : otherwise
    }
    guard arguments.count > 1 else {
      print("usage: node-benchmark URL [VIDEOS] [ROUNDS] [BATCH] [STREAMS]; see Main.swift")
      exit(64)
    }
    let load = LoadBenchmark(
      url: arguments[1], videos: number(2, 2000), batch: number(4, 100), streams: number(5, 2),
      prefix: "verbatim-benchmark-\(ProcessInfo.processInfo.processIdentifier)")
    let rounds = number(3, 3)
    let node = try await RawNode(load.url)
    do {
      try await Self.run(load, rounds, node)
    } catch {
      await Self.cleanUp(load, node)
      throw error
    }
    await Self.cleanUp(load, node)
    await node.close()
  }

  private static func run(_ load: LoadBenchmark, _ rounds: Int, _ node: RawNode) async throws {
    print(
      "\(load.videos) videos a round, batches of \(load.batch), \(load.streams) at a time; videos/s:"
    )
    print(
      "| round | raw, plain documents | raw, our documents | ours | ours / plain | ours / same |")
    print("| --- | --- | --- | --- | --- | --- |")
    var measured: [LoadBenchmark.Round] = []
    // A node just started is slow; that round would say nothing.
    _ = try await load.run(node, 0)
    for number in 1...rounds {
      let round = try await load.run(node, number)
      measured.append(round)
      print(
        "| \(number) | \(round.plain.text(0)) | \(round.copied.text(0)) | \(round.ours.text(0)) | "
          + "\((round.ours / round.plain).text(2)) | \((round.ours / round.copied).text(2)) |")
      fflush(nil)
    }
    func median(_ value: (LoadBenchmark.Round) -> Double) -> Double {
      measured.map(value).sorted()[measured.count / 2]
    }
    print(
      "| median | \(median(\.plain).text(0)) | \(median(\.copied).text(0)) | \(median(\.ours).text(0)) | "
        + "\(median { $0.ours / $0.plain }.text(2)) | \(median { $0.ours / $0.copied }.text(2)) |")
    print(
      "| µs of the server's processor | \(median(\.server.plain).text(0)) | "
        + "\(median(\.server.copied).text(0)) | \(median(\.server.ours).text(0)) | "
        + "\(median { $0.server.plain / $0.server.ours }.text(2)) | "
        + "\(median { $0.server.copied / $0.server.ours }.text(2)) |\n")
    print("Of processor here: \(median(\.oursProcessor).text(0)) µs for a video of ours.\n")
    fflush(nil)
    try await LatencyBenchmark(load: load).run(
      node, videos: rounds * load.videos..<(rounds + 1) * load.videos)
  }

  private static func cleanUp(_ load: LoadBenchmark, _ node: RawNode) async {
    do {
      try await load.removeOurs()
      try await node.send(.delete, "/\(load.plainIndex)")
    } catch {
      print("Not everything that begins with \(load.prefix) could be removed: \(error)")
    }
  }
}
