public import API
internal import APIConversions
public import RPC
public import Search
internal import Transcripts

/// The indexer's service: answers questions about everything indexed.
public struct Indexer: IndexerService {
  private let index: any SearchIndex

  public init(index: any SearchIndex) { self.index = index }

  public func search(
    _ request: IndexerSearchRequest, context: RPCContext
  ) async throws -> IndexerSearchResponse {
    try await IndexErrors.translating {
      let results = try await self.index.search(try SearchQuery(request.query))
      var response = IndexerSearchResponse()
      response.results = APISearchResults(results)
      return response
    }
  }

  public func getTranscript(
    _ request: IndexerGetTranscriptRequest, context: RPCContext
  ) async throws -> IndexerGetTranscriptResponse {
    guard let video = VideoID(request.videoId) else {
      throw RPCError(
        .invalidArgument, "\"\(request.videoId.prefix(80))\" is not a video's identifier.")
    }
    return try await IndexErrors.translating {
      let language = request.languageCode.isEmpty ? nil : request.languageCode
      guard
        let transcript = try await self.index.transcript(
          of: video, languageCode: language, in: try IndexName(apiText: request.index))
      else {
        throw RPCError(
          .notFound,
          "The video \(video)\(language.map { " has no transcript in \($0.prefix(40)) that is" } ?? " is not") indexed."
        )
      }
      var response = IndexerGetTranscriptResponse()
      response.transcript = APITranscript(transcript)
      return response
    }
  }

  public func getIndexStats(
    _ request: IndexerGetIndexStatsRequest, context: RPCContext
  ) async throws -> IndexerGetIndexStatsResponse {
    try await IndexErrors.translating {
      let statistics = try await self.index.statistics(of: .default)
      var response = IndexerGetIndexStatsResponse()
      response.documents = Int64(statistics.documents)
      response.videos = Int64(statistics.videos)
      response.sizeBytes = statistics.sizeBytes
      response.backend = statistics.backend
      response.shards = Int32(clamping: statistics.shards)
      return response
    }
  }
}
