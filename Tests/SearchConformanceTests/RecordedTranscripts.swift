import Foundation
import Search
import SearchIndexKit
import Testing
import Transcripts

/// Caption tracks as YouTube sent them, in every format.
enum RecordedTranscripts {
  /// The folder of recorded responses that are not part of this package; nil when it is not there.
  private static let folder = ProcessInfo.processInfo.environment["VERBATIM_FIXTURES"]

  private static let formats: [(suffix: String, format: CaptionFormat)] = [
    (".json3.json", .json3), (".srv3.xml", .srv3), (".srv1.xml", .srv1), (".vtt", .vtt),
  ]

  /// Every recorded track that can be parsed, each as a video's of its own.
  static func documents() throws -> [IndexDocument] {
    guard let folder else { return [] }
    let tracks = "\(folder)/youtube/timedtext"
    var documents: [IndexDocument] = []
    for name in try FileManager.default.contentsOfDirectory(atPath: tracks).sorted() {
      guard let format = Self.formats.first(where: { name.hasSuffix($0.suffix) })?.format else {
        continue
      }
      let body = Array(try Data(contentsOf: URL(filePath: "\(tracks)/\(name)")))
      var document = Corpus.document("r000000000\(documents.count)", [], title: name)
      document.transcript.segments = try CaptionParser.segments(of: body, format: format)
      documents.append(document)
    }
    return documents
  }

  /// All come back as they were written, and the words of each segment are found at its second.
  static func check(_ index: any SearchIndex) async throws {
    let documents = try Self.documents()
    guard !documents.isEmpty else { return }
    #expect(try await index.write(documents, to: .default).allSatisfy { $0 == .indexed })
    try await index.refresh(.default)
    for document in documents {
      let transcript = document.transcript
      let stored = try await index.transcript(
        of: transcript.video.id, languageCode: nil, in: .default)
      #expect(stored == transcript, "\(transcript.video.title)")
      // A few hundred segments of a long track take their time on a server.
      for segment in transcript.segments.prefix(40) {
        let words = segment.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let places = PlacesQuery(
          index: .default, video: transcript.video.id, text: "\"\(words.filter { $0 != "\"" })\"",
          wordForms: .exact)
        do {
          let page = try await index.places(places)
          #expect(
            page?.moments.contains { $0.startMilliseconds == segment.startMilliseconds } == true,
            "\(transcript.video.title): \(words)")
        } catch let error as SearchError where error.code == .invalidQuery {
          // A segment without a word, such as music notes.
        }
      }
    }
    #expect(try await index.write(documents, to: .default).allSatisfy { $0 == .unchanged })
  }
}
