internal import APIConversions
internal import RPC
internal import Search

/// The one place where what an index throws becomes a status.
enum IndexErrors {
  static func translating<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
      return try await body()
    } catch let error as SearchError {
      throw RPCError(Self.code(of: error), error.message)
    } catch let error as ConversionError {
      throw RPCError(.invalidArgument, error.description)
    }
  }

  private static func code(of error: SearchError) -> RPCStatusCode {
    switch error.code {
    case .invalidQuery, .invalidPageToken: .invalidArgument
    case .noSuchIndex: .notFound
    case .conflict: .failedPrecondition
    case .unsupported: .unimplemented
    case .storageFull: .resourceExhausted
    case .corrupted: .dataLoss
    case .misconfigured: .failedPrecondition
    case .timedOut: .deadlineExceeded
    case .unavailable: .unavailable
    }
  }
}
