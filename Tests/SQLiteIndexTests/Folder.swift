import Foundation
import Search
import Testing
import Transcripts

@testable import SQLiteIndex

/// Runs `body` with an empty folder that is removed afterwards.
@discardableResult
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
  let path = FileManager.default.temporaryDirectory.path + "/verbatim-index-\(UUID().uuidString)"
  defer { try? FileManager.default.removeItem(atPath: path) }  // A leftover folder harms nobody.
  return try await body(path)
}

/// Runs `body` with an open index in a folder of its own.
@discardableResult
func withIndex<Result>(
  _ configure: (inout SQLiteIndexConfiguration) -> Void = { _ in },
  _ body: (SQLiteIndex) async throws -> Result
) async throws -> Result {
  try await withFolder { folder in
    var configuration = SQLiteIndexConfiguration(folder: folder)
    configure(&configuration)
    let index = try await SQLiteIndex.open(configuration)
    let result = try await body(index)
    await index.close()
    return result
  }
}

extension SearchIndex {
  func write(_ documents: [IndexDocument]) async throws -> [IndexOutcome] {
    try await self.write(documents, to: .default)
  }

  @discardableResult
  func remove(_ videos: [VideoID]) async throws -> Int {
    try await self.remove(videos, from: .default)
  }

  func transcript(of video: VideoID, languageCode: String?) async throws -> Transcript? {
    try await self.transcript(of: video, languageCode: languageCode, in: .default)
  }

  func statistics() async throws -> IndexStatistics {
    try await self.statistics(of: .default)
  }

  func verify() async throws { try await self.verify(.default) }
  func optimize() async throws { try await self.optimize(.default) }

  /// The videos found, in order.
  func find(_ text: String) async throws -> [String] {
    try await self.search(SearchQuery(text: text, pageSize: 100)).hits.map(\.video.id.text)
  }

  /// All pages.
  func findAll(_ query: SearchQuery) async throws -> [SearchHit] {
    var query = query
    var hits: [SearchHit] = []
    repeat {
      let page = try await self.search(query)
      hits += page.hits
      query.pageToken = page.nextPageToken
    } while query.pageToken != nil
    return hits
  }
}

extension Moment {
  /// The highlighted parts of the text.
  var highlighted: [String] {
    let scalars = Array(self.text.unicodeScalars)
    return self.highlights.map {
      var view = String.UnicodeScalarView()
      view.append(contentsOf: scalars[$0])
      return String(view)
    }
  }
}
