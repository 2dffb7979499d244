internal import APIConversions
internal import Pipeline
internal import RPC
internal import Transcripts

/// The one place where what the parts of the gateway throw becomes a status.
enum ServiceErrors {
  static func translating<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
      return try await body()
    } catch let error as SourceError {
      throw RPCError(.invalidArgument, error.message)
    } catch let error as ConversionError {
      throw RPCError(.invalidArgument, error.description)
    } catch let error as QueueError {
      throw RPCError(error)
    }
  }
}
