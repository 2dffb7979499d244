internal import Foundation
internal import Kit
internal import SQLiteIndex
internal import Search
internal import Transcripts

/// The index beside other models of what a document is: `models` has those.
struct RecallBenchmark {
  var folder: String

  /// Writes a line for each video: its identifier, then its segments, separated by tabs.
  static func dump(_ videos: Int, to path: String) throws {
    let corpus = Corpus()
    var text = ""
    for number in 0..<videos {
      let transcript = corpus.document(number).transcript
      text += ([transcript.video.id.text] + transcript.segments.map(\.text))
        .joined(separator: "\t")
      text += "\n"
    }
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  /// Looks for each phrase of a file of identifiers, tabs and phrases, until its video is found.
  func run(_ path: String) async throws {
    let index = try await SQLiteIndex.open(SQLiteIndexConfiguration(folder: self.folder))
    var found: [Int: (all: Int, found: Int, time: Samples)] = [:]
    for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
      let parts = line.split(separator: "\t")
      guard parts.count == 2 else { continue }
      let words = parts[1].split(separator: " ").count
      var entry = found[words] ?? (0, 0, Samples())
      entry.all += 1
      var query = SearchQuery(text: "\"\(parts[1])\"", wordForms: .exact)
      let began = Processor.seconds
      var page = try await index.search(query)
      entry.time.add(.seconds(Processor.seconds - began))
      while !page.hits.contains(where: { $0.video.id.text == parts[0] }),
        let next = page.nextPageToken
      {
        query.pageToken = next
        page = try await index.search(query)
      }
      if page.hits.contains(where: { $0.video.id.text == parts[0] }) { entry.found += 1 }
      found[words] = entry
    }
    for (words, entry) in found.sorted(by: { $0.key < $1.key }) {
      let time = entry.time
      print(
        "\(words) words: \((Double(entry.found) * 100 / Double(entry.all)).text(1)) % of "
          + "\(entry.all) found; first page, of processor, p50 \(time.milliseconds(0.5).text(2)) ms, p99 "
          + "\(time.milliseconds(0.99).text(2)) ms")
    }
    await index.close()
  }
}
