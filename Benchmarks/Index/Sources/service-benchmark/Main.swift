internal import API
internal import Foundation
internal import Kit
internal import Networking
internal import Protobuf
internal import RPC
internal import RPCTransport
internal import SQLiteIndex
internal import Search

/// What calling it adds to a search: the index in this process, an indexer by RPC, and a gateway that asks that indexer.
///
///     service-benchmark FOLDER VIDEOS INDEXER GATEWAY CERTIFICATES
///
/// FOLDER is what the indexer at `HOST:PORT` has, filled by `index-benchmark grow`; CERTIFICATES is a folder of
/// `deploy/certificates`. `rpc` beside this package starts all that and stops it.
///
/// One query after another, the three in turns, so that all have the same caches and the same neighbours; forty queries
/// of a kind, the first round of them does not count.
@main
struct Main {
  private static let rounds = 6
  private static let queriesOfAKind = 40
  /// Those that are answered in a few milliseconds: beside 50 ms nobody would see what a call takes.
  private static let kinds = ["rare word", "word", "AND of two", "phrase of 3", "common word"]

  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 6, let videos = Int(arguments[2]) else {
      print("usage: service-benchmark FOLDER VIDEOS INDEXER GATEWAY CERTIFICATES; see Main.swift")
      exit(64)
    }
    let index = try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: arguments[1]))
    // The indexer lets the gateway in, and nobody else.
    let indexer = try Self.client(arguments[3], "indexer", as: "gateway", in: arguments[5])
    let gateway = try Self.client(arguments[4], "gateway", as: "client", in: arguments[5])
    try await Self.measure(
      Queries(Corpus(), videos: videos, count: Self.queriesOfAKind), index,
      IndexerClient(indexer), GatewayClient(gateway))
    await indexer.close()
    await gateway.close()
    await index.close()
  }

  private static func client(
    _ address: String, _ server: String, as name: String, in folder: String
  ) throws -> RPCClient {
    RPCClient(
      endpoints: [try Endpoint(parsing: address)],
      tls: try TLSContext.client(
        authority: "\(folder)/ca.pem", certificate: "\(folder)/\(name).pem",
        key: "\(folder)/\(name).key", protocols: RPCProtocol.names), serverName: server)
  }

  private static func measure(
    _ queries: Queries, _ index: SQLiteIndex, _ indexer: IndexerClient, _ gateway: GatewayClient
  ) async throws {
    print(
      "| p50 / p99 ms | in the process | indexer | gateway and indexer "
        + "| added by the indexer, p50 / p99 | by both, p50 / p99 |")
    print("| --- | --- | --- | --- | --- | --- |")
    for kind in queries.kinds where Self.kinds.contains(kind.name) {
      var samples = [Samples(), Samples(), Samples()]
      // Of one query beside itself in the process.
      var added = [Samples(), Samples()]
      for round in 0..<Self.rounds {
        for (number, text) in kind.texts.enumerated() {
          var took = [Duration](repeating: .zero, count: 3)
          for turn in 0..<3 {
            let which = (turn + number + round) % 3
            let began = ContinuousClock.now
            switch which {
            case 0: _ = try await index.search(SearchQuery(text: text))
            case 1:
              _ = try await indexer.search(.with { $0.query = .with { $0.text = text } })
            default:
              _ = try await gateway.search(.with { $0.query = .with { $0.text = text } })
            }
            took[which] = ContinuousClock.now - began
          }
          guard round > 0 else { continue }
          for which in 0..<3 { samples[which].add(took[which]) }
          for which in 0..<2 { added[which].add(took[which + 1] - took[0]) }
        }
      }
      let cells = (samples + added).map {
        "\(Self.signed($0.milliseconds(0.5))) / \(Self.signed($0.milliseconds(0.99)))"
      }
      print("| \(kind.name) | \(cells.joined(separator: " | ")) |")
      fflush(nil)
    }
  }

  private static func signed(_ milliseconds: Double) -> String {
    (milliseconds < 0 ? "-" : "") + abs(milliseconds).text(2)
  }
}
