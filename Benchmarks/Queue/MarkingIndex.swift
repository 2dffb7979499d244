internal import Search
internal import Transcripts

/// An index that only remembers when each video came.
struct MarkingIndex: SearchIndex {
  let marks: Marks

  init(_ marks: Marks) { self.marks = marks }

  func write(_ documents: [IndexDocument], to index: IndexName) async throws -> [IndexOutcome] {
    for document in documents {
      guard let number = Int(document.transcript.video.id.text.dropFirst()) else { continue }
      self.marks.done(number)
    }
    return documents.map { _ in .indexed }
  }

  func search(_ query: SearchQuery) async throws -> SearchResults { throw Self.unsupported }

  func transcript(
    of video: VideoID, languageCode: String?, in index: IndexName
  ) async throws -> Transcript? { throw Self.unsupported }

  func statistics(of index: IndexName) async throws -> IndexStatistics { throw Self.unsupported }

  private static let unsupported = SearchError(.unsupported, "Nothing is kept here.")
}
