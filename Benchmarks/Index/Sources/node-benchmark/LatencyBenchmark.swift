internal import ElasticsearchIndex
internal import Glibc
internal import HTTPClient
internal import JSON
internal import Kit
internal import Search
internal import Transcripts

/// How long a search takes: by our index, and raw, of the plain documents of ``LoadBenchmark``.
///
/// The three in turns, forty queries each: raw for identifiers alone, raw with the whole text highlighted (which is what moments
/// have to be found by otherwise), and ours with titles, moments and seconds.
struct LatencyBenchmark {
  var load: LoadBenchmark
  /// The first does not count.
  var rounds = 3

  private static let kinds = [
    "commonest words", "common word", "word", "AND of two", "OR of three", "phrase of 3",
    "prefix of 5",
  ]
  private static let queriesOfAKind = 40

  func run(_ node: RawNode, videos: Range<Int>) async throws {
    let index = try await self.load.open()
    for name in ["\(self.load.oursPrefix).default", self.load.plainIndex] {
      try await node.send(.post, "/\(name)/_forcemerge?max_num_segments=1")
      try await node.send(.post, "/\(name)/_refresh")
    }
    print(
      "| p50 / p99 ms (ms of the server's processor) | raw, identifiers | raw, text highlighted | ours "
        + "| ours - identifiers, - highlighted, p50 |")
    print("| --- | --- | --- | --- | --- |")
    let queries = Queries(self.load.corpus, videos: videos, count: Self.queriesOfAKind)
    var used = try await node.processorSeconds()
    for kind in queries.kinds where Self.kinds.contains(kind.name) {
      var samples = [Samples(), Samples(), Samples()]
      var processor = [0.0, 0.0, 0.0]
      for round in 0..<self.rounds {
        for turn in 0..<3 {
          let which = (turn + round) % 3
          for text in kind.texts {
            let began = ContinuousClock.now
            switch which {
            case 0: try await self.raw(node, text, isHighlighted: false)
            case 1: try await self.raw(node, text, isHighlighted: true)
            default:
              _ = try await index.search(SearchQuery(text: text, wordForms: .exact))
            }
            if round > 0 { samples[which].add(ContinuousClock.now - began) }
          }
          let after = try await node.processorSeconds()
          if round > 0 { processor[which] += after - used }
          used = after
        }
      }
      let count = Double((self.rounds - 1) * kind.texts.count)
      let cells = (0..<3).map {
        "\(samples[$0].milliseconds(0.5).text(1)) / \(samples[$0].milliseconds(0.99).text(1)) "
          + "(\((processor[$0] * 1e3 / count).text(1)))"
      }
      func more(_ other: Int) -> String {
        let more = samples[2].milliseconds(0.5) - samples[other].milliseconds(0.5)
        return "\(more < 0 ? "-" : "+")\(abs(more).text(2))"
      }
      print("| \(kind.name) | \(cells.joined(separator: " | ")) | \(more(0)), \(more(1)) |")
      fflush(nil)
    }
    await index.close()
  }

  private func raw(_ node: RawNode, _ text: String, isHighlighted: Bool) async throws {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("size", 20)
      writer.member("_source", false)
      writer.member("track_total_hits", 10_000)
      writer.key("query")
      Self.query(text, &writer)
      writer.key("sort")
      writer.array { writer in
        writer.object { $0.member("_score", "desc") }
        writer.object { $0.member("id", "asc") }
      }
      guard isHighlighted else { return }
      writer.key("highlight")
      writer.object { writer in
        writer.member("number_of_fragments", 0)
        writer.key("fields")
        writer.object { writer in
          writer.key("text")
          writer.object { _ in }
        }
      }
    }
    try await node.send(
      .post, "/\(self.load.plainIndex)/_search?request_cache=false", writer.bytes)
  }

  /// The server's own queries with the meaning of ``Queries``.
  private static func query(_ text: String, _ writer: inout JSONWriter) {
    let words = text.split(separator: " ").map(String.init)
    func query(_ type: String, _ value: String, _ writer: inout JSONWriter) {
      writer.object { writer in
        writer.key(type)
        writer.object { $0.member("text", value) }
      }
    }
    func all(_ clause: String, _ words: [String], _ writer: inout JSONWriter) {
      writer.object { writer in
        writer.key("bool")
        writer.object { writer in
          writer.key(clause)
          writer.array { writer in for word in words { query("match", word, &writer) } }
        }
      }
    }
    if text.hasPrefix("\"") {
      query("match_phrase", String(text.dropFirst().dropLast()), &writer)
    } else if text.hasSuffix("*") {
      query("prefix", String(text.dropLast()), &writer)
    } else if words.contains("OR") {
      all("should", words.filter { $0 != "OR" }, &writer)
    } else if words.count > 1 {
      all("must", words, &writer)
    } else {
      query("match", text, &writer)
    }
  }
}
