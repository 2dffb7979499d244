internal import Foundation
internal import Kit
internal import SQLiteIndex
internal import Search

/// Measures the embedded index.
///
///     index-benchmark write FOLDER [VIDEOS] [BATCH] [FIRST]  an empty folder; then the same again (unchanged), then replaced
///     index-benchmark new FOLDER [VIDEOS] [BATCH] [FIRST]    the first part of that alone
///     index-benchmark grow FOLDER VIDEOS [BATCH]        fills a folder further, for `search`
///     index-benchmark search FOLDER VIDEOS [READERS]    latencies of each kind of query; with READERS, many at once
///     index-benchmark query FOLDER TEXT                 one query, five times
///     index-benchmark mixed FOLDER VIDEOS READERS       searches while a writer works at full speed
///     index-benchmark dump FILE VIDEOS                  the texts, for `models`
///     index-benchmark recall FOLDER FILE                looks for the phrases that `models` has drawn
@main
struct Main {
  static func main() async throws {
    let arguments = CommandLine.arguments
    func number(_ position: Int, _ otherwise: Int) -> Int {
      arguments.count > position ? Int(arguments[position]) ?? otherwise : otherwise
    }
    guard arguments.count > 2 else {
      print(
        "usage: index-benchmark write|new|grow|search|query|mixed|dump|recall FOLDER …; see Main.swift"
      )
      exit(64)
    }
    let folder = arguments[2]
    switch arguments[1] {
    case "write":
      try await WriteBenchmark(folder: folder).run(
        number(3, 2000), number(4, 50), from: number(5, 0))
    case "new":
      try await WriteBenchmark(folder: folder).runNew(
        number(3, 2000), number(4, 50), from: number(5, 0))
    case "grow": try await WriteBenchmark(folder: folder).grow(number(3, 50_000), number(4, 50))
    case "search": try await SearchBenchmark(folder: folder).run(number(3, 50_000), number(4, 1))
    case "query": try await SearchBenchmark(folder: folder).query(arguments.last ?? "")
    case "mixed": try await SearchBenchmark(folder: folder).mixed(number(3, 50_000), number(4, 2))
    case "dump": try RecallBenchmark.dump(number(3, 1000), to: folder)
    case "recall": try await RecallBenchmark(folder: folder).run(arguments.last ?? "")
    default:
      print("There is no benchmark \"\(arguments[1])\".")
      exit(64)
    }
  }
}
